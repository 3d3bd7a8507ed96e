import { expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { hex } from '#repository/format/bytes.ts'
import { decodeFooter, FOOTER_SIZE } from '#repository/format/footer.ts'
import { decodeRecord, recordSize } from '#repository/format/record.ts'
import { decodeSealed } from '#repository/format/sealed-object.ts'
import { decodeSession, SESSION_ENTRY_SIZE } from '#repository/format/session-entry.ts'
import { randomImage } from '#test/support/repository/images.ts'
import { backUp, newRepository, OTHER_VM, VM } from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'
import { bytesOf, keysOf } from '#test/support/repository/tamper.ts'

/**
 * Motivation: with AES-GCM one nonce used twice under one key breaks both records, and the key for forgeries.
 * Steps: several processes write many points, some given up halfway; then every stored record is looked at from outside.
 * Pass: no salt occurs twice, and within a session no sequence number does.
 */
test.each([0, 2])('no key and nonce pair occurs twice, with %i threads', async workers => {
  const store = memoryObjectStore({ clock: frozenClock() })
  const tuning = { packTarget: 256 * 1024, packBlock: 64 * 1024, workers }
  const { repository, random, jobId, reopen } = await newRepository(store, { tuning })
  for (let round = 0; round < 6; round++) {
    const engine = round % 2 ? repository : await reopen({ tuning })
    const image = randomImage(random, 24 * 64 * 1024, 64 * 1024)
    await Promise.all(
      [VM, OTHER_VM].map(vmUuid =>
        backUp(engine, { jobId: jobId(), vmUuid, disks: [{ diskId: 'a', image }] }),
      ),
    )
    const givenUp = await engine.beginPoint({ jobId: jobId(), vmUuid: VM })
    const disk = await givenUp.disk({ diskId: 'a', size: 8 << 20, chunkSize: 1 << 16, keep: false })
    await disk.write(0, Buffer.from(seededRandom(round).bytes(1 << 20)))
    await givenUp.abort()
    if (engine !== repository) await engine.close()
  }
  await repository.close()

  const seen = new Set<string>()
  const once = (use: string) => {
    expect(seen.has(use), use).toBe(false)
    seen.add(use)
  }
  let records = 0
  for (const key of [...keysOf(store, 'packs/'), ...keysOf(store, 'meta/')]) {
    const bytes = bytesOf(store, key)
    const session = decodeSession(bytes)
    const footer = decodeFooter(bytes.subarray(-FOOTER_SIZE))
    once(`session ${hex(session.id)}`)
    once(`salt ${hex(session.salt)}`)
    for (let at = SESSION_ENTRY_SIZE; at < footer.trailerOffset; ) {
      const { header } = decodeRecord(bytes.subarray(at))
      expect(hex(header.sessionId)).toBe(hex(session.id))
      once(`${hex(header.sessionId)} ${header.sequence}`)
      at += recordSize(header.ciphertextLength)
      records++
    }
  }
  for (const prefix of ['points/', 'index/', 'intents/'])
    for (const key of keysOf(store, prefix))
      once(`salt ${hex(decodeSealed(bytesOf(store, key)).header.salt)}`)
  expect(records).toBeGreaterThan(150)
})
