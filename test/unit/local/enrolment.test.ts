import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { createCode, enrolGateway } from '#core/gateways/enrol.ts'
import { markRevoked } from '#core/gateways/revoke.ts'
import { keepEnrolmentCode } from '#local/enrolment.ts'
import { makeKeyPair } from '#test/support/fake-gateway.ts'

const GATEWAY = '01J000000000000000000000GW'

const setUp = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'xenkeep-enrolment-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const catalog = memoryCatalog()
  const files = { identity: join(dir, 'identity.json'), enrolmentCode: join(dir, 'code') }
  const ports = { catalog, random: systemRandom, clock: systemClock }
  const code = () => readFile(files.enrolmentCode, 'utf8').catch(() => undefined)
  const enrol = async () => {
    const { publicKey } = await makeKeyPair()
    const made = await createCode(catalog, systemRandom, Date.now())
    await enrolGateway(catalog, { code: made.code, name: 'a', publicKey }, GATEWAY, Date.now())
    await writeFile(files.identity, JSON.stringify({ gatewayId: GATEWAY }))
  }
  return { catalog, code, enrol, keep: keepEnrolmentCode(ports, files) }
}

test('a gateway that nobody knows finds a code; one that is enrolled finds none', async () => {
  const { keep, code, enrol } = await setUp()
  await keep()
  expect(await code()).toMatch(/^[0-9A-Z]{5}(-[0-9A-Z]{5}){3}\n$/)
  await enrol()
  await keep()
  expect(await code()).toBeUndefined()
})

test('a gateway that was revoked gets no code by itself', async () => {
  const { catalog, keep, code, enrol } = await setUp()
  await enrol()
  await markRevoked(catalog, GATEWAY, Date.now())
  await keep()
  expect(await code()).toBeUndefined()
})
