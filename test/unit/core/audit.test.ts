import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { appendAudit } from '#core/audit/append.ts'
import { hashOf } from '#core/audit/chain.ts'
import { copyAudit, readCopy } from '#core/audit/copy.ts'
import { verifyChain } from '#core/audit/verify.ts'
import { keys } from '#core/catalog/keys.ts'
import type { AuditRecord } from '#core/contracts/audit-api.ts'
import type { Catalog } from '#core/ports.ts'

const NOON = Date.UTC(2026, 10, 22)
const CHAIN = 'eu-central-1'

/** A chain of seven records, of which the first five are copied. */
const site = async () => {
  const catalog = memoryCatalog()
  const store = memoryObjectStore({ clock: { now: () => NOON } })
  const auditCopy = {
    chain: CHAIN,
    open: async () => store,
    lock: { mode: 'compliance' as const, days: 400 },
  }
  const ports = { catalog, clock: { now: () => NOON }, auditCopy }
  const append = (who: string) =>
    appendAudit(ports, {
      who,
      source: 'person',
      role: 'operator',
      action: 'startRun',
      outcome: 'asked',
    })
  for (const who of ['ann', 'bob', 'cem', 'dee', 'eve']) await append(who)
  expect(await copyAudit(ports)).toBe(5)
  for (const who of ['fay', 'gil']) await append(who)
  return { catalog, store, ports, append }
}

async function* records(catalog: Catalog): AsyncGenerator<AuditRecord> {
  const { items } = await catalog.query<AuditRecord>(keys.auditRecord(CHAIN, 1).pk)
  for (const { value } of items) yield value
}

const verify = async ({ catalog, store }: Awaited<ReturnType<typeof site>>, withCopy = true) => {
  const { findings, ...counts } = await verifyChain(
    CHAIN,
    records(catalog),
    withCopy ? readCopy(store, CHAIN) : undefined,
  )
  return { ...counts, found: findings.map(({ kind, seq }) => `${kind} ${seq}`), findings }
}

/** What somebody does who can write the catalog, past XenKeep. */
const put = (catalog: Catalog, seq: number, value: unknown) =>
  catalog.write([{ kind: 'put', key: keys.auditRecord(CHAIN, seq), value, expect: 'any' }])
const drop = (catalog: Catalog, seq: number) =>
  catalog.write([{ kind: 'delete', key: keys.auditRecord(CHAIN, seq), expect: 'any' }])
const read = async (catalog: Catalog, seq: number) =>
  (await catalog.get<AuditRecord>(keys.auditRecord(CHAIN, seq)))?.value as AuditRecord

test('a chain that nobody touched is whole, with its copy and without', async () => {
  const all = await site()
  expect(await verify(all)).toMatchObject({ records: 7, copied: 5, found: [] })
  expect(await verify(all, false)).toMatchObject({ records: 7, found: [] })
})

test.each([
  ['who', { who: 'mallory' }],
  ['when', { at: NOON + 1 }],
  ['what', { action: 'cancelRun' }],
  ['the outcome', { outcome: 'done' as const }],
  ['the role', { role: 'viewer' as const }],
  ['a member more', { detail: 'nothing' }],
])('who changes %s of a record is found out by the chain', async (_, change) => {
  const all = await site()
  await put(all.catalog, 3, { ...(await read(all.catalog, 3)), ...change })
  expect((await verify(all, false)).found).toEqual(['changed 3'])
})

test('who changes a record and computes its hash anew is found out by the next one', async () => {
  const all = await site()
  const { hash: _, ...record } = { ...(await read(all.catalog, 3)), who: 'mallory' }
  await put(all.catalog, 3, { ...record, hash: await hashOf(record) })
  const { found, findings } = await verify(all, false)
  expect(found).toEqual(['changed 3'])
  expect(findings[0]?.text).toBe(
    'Record 4 was written behind another record 3 than the one that is there.',
  )
})

/** Writes all records from `from` on anew, so that the chain by itself is whole. */
const forge = async (catalog: Catalog, from: number, to: number, who: string) => {
  let previous = (await read(catalog, from - 1)).hash
  for (let seq = from; seq <= to; seq++) {
    const { hash: _, ...before } = await read(catalog, seq)
    const record = { ...before, ...(seq === from && { who }), previous }
    const hash = await hashOf(record)
    await put(catalog, seq, { ...record, hash })
    previous = hash
  }
}

test('who computes all later hashes anew is found out by the locked copy alone', async () => {
  const all = await site()
  await forge(all.catalog, 3, 7, 'mallory')
  expect((await verify(all, false)).found).toEqual([])
  expect((await verify(all)).found).toEqual([
    'differs-from-copy 3',
    'differs-from-copy 4',
    'differs-from-copy 5',
  ])
})

test('a record that is dropped, or two in another order, are found by the chain', async () => {
  const dropped = await site()
  await drop(dropped.catalog, 4)
  expect((await verify(dropped, false)).found).toEqual(['missing 4'])

  const swapped = await site()
  const [three, four] = [await read(swapped.catalog, 3), await read(swapped.catalog, 4)]
  await put(swapped.catalog, 3, four)
  await put(swapped.catalog, 4, three)
  expect((await verify(swapped, false)).found).toContain('missing 3')
  expect((await verify(swapped, false)).found).toContain('out-of-order 3')
})

test('what is cut off the end is found by the copy, as far as it was copied', async () => {
  const all = await site()
  for (const seq of [7, 6, 5]) await drop(all.catalog, seq)
  expect((await verify(all, false)).found).toEqual([])
  expect((await verify(all)).found).toEqual(['cut-off 5'])
})

test('the whole chain deleted: all that was copied is told to be gone', async () => {
  const all = await site()
  for (let seq = 1; seq <= 7; seq++) await drop(all.catalog, seq)
  expect((await verify(all)).found).toHaveLength(5)
})

test('copies are locked, made once, and go on where they ended; a second copier changes nothing', async () => {
  const { catalog, store, ports, append } = await site()
  const first = `${CHAIN}/000000000001.jsonl`
  expect(await store.retention(first)).toEqual({
    mode: 'compliance',
    until: NOON + 400 * 86_400_000,
  })
  expect(await copyAudit(ports)).toBe(2)
  expect(await copyAudit(ports)).toBe(0)
  // The mark of how far it came was lost: what is there is met, and nothing is written twice.
  await catalog.write([{ kind: 'delete', key: keys.auditCopy(CHAIN), expect: 'any' }])
  await append('hal')
  await copyAudit(ports)
  expect((await Array.fromAsync(readCopy(store, CHAIN))).map(({ seq }) => seq)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8,
  ])
})

test('a record that has not come yet is waited for: a global table brings them in any order, and a page is no picture of one moment', async () => {
  const { catalog, ports, store, append } = await site()
  await append('hal')
  const seven = await read(catalog, 7)
  await drop(catalog, 7)
  expect(await copyAudit(ports)).toBe(1)
  expect(await copyAudit(ports)).toBe(0)
  await put(catalog, 7, seven)
  expect(await copyAudit(ports)).toBe(2)
  expect((await Array.fromAsync(readCopy(store, CHAIN))).map(({ seq }) => seq)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8,
  ])
})

test('a record that does not come within an hour is missing: what follows is copied, and that is told', async () => {
  const { catalog, ports, store } = await site()
  await drop(catalog, 6)
  expect(await copyAudit(ports)).toBe(0)
  const later = { ...ports, clock: { now: () => NOON + 3_600_000 } }
  await expect(copyAudit(later)).rejects.toMatchObject({
    code: 'AUDIT_CHAIN_BROKEN',
    message: expect.stringContaining('Record 6 is missing.'),
  })
  expect((await Array.fromAsync(readCopy(store, CHAIN))).map(({ seq }) => seq)).toEqual([
    1, 2, 3, 4, 5, 7,
  ])
})

test('what does not follow the copy is copied all the same, and told once', async () => {
  const { catalog, ports, store } = await site()
  await forge(catalog, 5, 7, 'mallory')
  await expect(copyAudit(ports)).rejects.toMatchObject({
    code: 'AUDIT_CHAIN_BROKEN',
    message: `The audit records of "${CHAIN}" are not complete and unchanged: Record 6 was written behind another record 5 than the one that is there.`,
  })
  expect(await Array.fromAsync(readCopy(store, CHAIN))).toHaveLength(7)
  expect(await copyAudit(ports)).toBe(0)
})

test('a hundred who write at the same moment make one chain', async () => {
  const all = await site()
  await Promise.all(Array.from({ length: 90 }, (_, index) => all.append(`writer ${index}`)))
  expect(await verify(all)).toMatchObject({ records: 97, found: [] })
})

test('texts that are too long are cut, not refused', async () => {
  const { ports } = await site()
  const record = await appendAudit(ports, {
    ...{ who: 'x'.repeat(300), source: 'person', action: 'startRun', outcome: 'refused' },
    detail: '\u{1F600}'.repeat(400),
  })
  expect(record.who).toHaveLength(200)
  expect(record.detail?.isWellFormed()).toBe(true)
  expect(record.detail?.length).toBeLessThanOrEqual(500)
})
