import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importJWK, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GatewayTokenClaims } from '#core/contracts/gateway-token.ts'
import { createAuthorize } from '#gateway-agent/control/authorize.ts'
import { enrol } from '#gateway-agent/control/enrol.ts'
import { loadIdentity, saveIdentity } from '#gateway-agent/control/identity.ts'
import { createFakeControl, GATEWAY } from '#test/support/fake-control.ts'
import { impatience, memoryLog, until } from '#test/support/patience.ts'

let dir: string
let file: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'xenkeep-identity-'))
  file = join(dir, 'gateway', 'identity.json')
})
afterEach(() => rm(dir, { recursive: true }))

describe('the identity of a gateway', () => {
  it('is made once, kept for its owner only, and read again', async () => {
    const made = await loadIdentity(file)
    expect(made.gatewayId).toBeUndefined()
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await saveIdentity(file, { ...made, gatewayId: GATEWAY })
    expect(await loadIdentity(file)).toEqual({ ...made, gatewayId: GATEWAY })
  })

  it('is not replaced when the file cannot be understood', async () => {
    await loadIdentity(file)
    await writeFile(file, '{"privateKey":')
    await expect(loadIdentity(file)).rejects.toMatchObject({
      code: 'IDENTITY_UNREADABLE',
      message: expect.stringContaining(file),
    })
    expect(await readFile(file, 'utf8')).toBe('{"privateKey":')
  })

  it('signs a token for one call, verified with the public key alone', async () => {
    const identity = { ...(await loadIdentity(file)), gatewayId: GATEWAY }
    const now = 1_790_000_000_000
    const authorize = await createAuthorize({
      identity,
      clock: { now: () => now },
      ulid: () => '01J00000000000000000000NCE',
    })
    const header = (await authorize('POST', '/v1/jobs/x/result')) ?? ''
    const { d: _private, ...publicKey } = identity.privateKey
    const { payload } = await jwtVerify(
      header.replace('Bearer ', ''),
      await importJWK(publicKey, 'EdDSA'),
      { currentDate: new Date(now) },
    )
    expect(GatewayTokenClaims.parse(payload)).toEqual({
      iss: GATEWAY,
      htm: 'POST',
      htu: '/v1/jobs/x/result',
      iat: now / 1_000,
      exp: now / 1_000 + 60,
      jti: '01J00000000000000000000NCE',
    })
  })
})

describe('enrolment', () => {
  it('waits for the code, survives a wrong one and a silent control plane, and removes the file', async () => {
    const control = createFakeControl()
    const identity = await loadIdentity(file)
    const codeFile = join(dir, 'gateway', 'enrolment-code')
    const log = memoryLog()
    const done = enrol({
      client: control.client,
      identity,
      identityFile: file,
      codeFile,
      name: 'test',
      patience: impatience,
      signal: new AbortController().signal,
      log,
    })
    const told = (text: string) => until(text, () => log.lines.some(line => line.includes(text)))
    await told('waits for a one-time code')
    await writeFile(codeFile, 'WRONG-00000\n')
    await told('ENROLMENT_CODE_INVALID')
    control.away = true
    await writeFile(codeFile, `${control.code}\n`)
    await told('CONTROL_PLANE_UNREACHABLE')
    // A code that is no good is handed in once: more would count as guessing.
    expect(control.wrongCodes).toBe(1)
    control.away = false
    await done
    expect((await loadIdentity(file)).gatewayId).toBe(GATEWAY)
    await expect(stat(codeFile)).rejects.toMatchObject({ code: 'ENOENT' })
    // Each state is told once, however often it is tried.
    expect(log.lines.filter(line => line.includes('ENROLMENT_CODE_INVALID')).length).toBeLessThan(3)
  })
})
