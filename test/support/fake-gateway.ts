import { CompactSign, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { ulid } from 'ulid'
import { type Client, createClient } from '#core/contracts/client.ts'
import type { InventoryPool } from '#core/contracts/gateway-api.ts'
import { KEY_ANNOUNCEMENT_TYPE } from '#core/contracts/gateway-key.ts'
import { GATEWAY_TOKEN_SECONDS } from '#core/contracts/gateway-token.ts'
import type { JobOutcome, JobProgress, JobSpec } from '#core/contracts/jobs.ts'
import type { PointSummary } from '#core/contracts/points.ts'

/** What proves a gateway: made once, kept over restarts of the scripted agent. */
export interface FakeIdentity {
  gatewayId: string
  privateKey: JWK
}

export const makeKeyPair = async (): Promise<{ publicKey: string; privateKey: JWK }> => {
  const pair = await generateKeyPair('EdDSA', { extractable: true })
  const privateKey = await exportJWK(pair.privateKey)
  return { publicKey: privateKey.x ?? '', privateKey }
}

/** Signs the token of one call as core/contracts/gateway-token.ts wants it; `change` spoils it for tests. */
export const signToken = async (
  { gatewayId, privateKey }: FakeIdentity,
  method: string,
  path: string,
  change: Record<string, unknown> = {},
  nowMs = Date.now(),
): Promise<string> => {
  const iat = Math.floor(nowMs / 1_000)
  const claims = {
    iss: gatewayId,
    htm: method,
    htu: path,
    iat,
    exp: iat + GATEWAY_TOKEN_SECONDS,
    jti: ulid(),
    ...change,
  }
  const key = await importJWK(privateKey, 'EdDSA')
  return new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA' }).sign(key)
}

/** @param type of the signature; another one for tests */
export const signAnnouncement = async (text: string, key: JWK, type = KEY_ANNOUNCEMENT_TYPE) =>
  new CompactSign(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: 'EdDSA', typ: type })
    .sign(await importJWK(key, 'EdDSA'))

/** Announces the next key of a gateway as core/contracts/gateway-key.ts wants it. */
export const announceKey = async (
  { gatewayId, privateKey }: FakeIdentity,
  next: JWK,
  type?: string,
): Promise<string> => {
  const payload = JSON.stringify({ gatewayId, publicKey: next.x })
  return signAnnouncement(await signAnnouncement(payload, next, type), privateKey, type)
}

export const enrolFakeGateway = async (
  baseUrl: string,
  code: string,
  name = 'scripted gateway',
): Promise<FakeIdentity> => {
  const { publicKey, privateKey } = await makeKeyPair()
  const anyone = createClient({ baseUrl, fetch, authorize: () => undefined })
  const { gatewayId } = await anyone.call('enrol', { body: { code, name, publicKey } })
  return { gatewayId, privateKey }
}

export const gatewayClient = (
  baseUrl: string,
  identity: FakeIdentity,
  now: () => number = Date.now,
): Client =>
  createClient({
    baseUrl,
    fetch,
    authorize: async (method, path) =>
      `Bearer ${await signToken(identity, method, path, {}, now())}`,
  })

export const POOL = '00000000-0000-4000-8000-0000000000aa'
export const vmUuid = (n: number): string =>
  `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`

export const poolOf = (...names: string[]): InventoryPool => ({
  uuid: POOL,
  name: 'pool one',
  version: 'XCP-ng 8.3.0',
  hosts: [],
  srs: [],
  vms: names.map((name, index) => ({
    uuid: vmUuid(index + 1),
    name,
    description: '',
    powerState: 'Running',
    tags: [],
    disks: [],
  })),
})

export const progress: JobProgress = {
  phase: 'reading changed blocks',
  bytesTotal: 1_000,
  bytesDone: 400,
  bytesRead: 400,
  bytesStored: 100,
}

interface OfPool {
  vmUuid: string
  vmName: string
  poolUuid: string
}

/** @param spec of a job on a pool */
export const pointOf = (jobId: string, spec: OfPool | JobSpec): PointSummary => {
  if (!('poolUuid' in spec)) throw new Error(`A job ${spec.kind} makes no point.`)
  return pointOfVm(jobId, spec)
}

const pointOfVm = (jobId: string, { vmUuid: uuid, vmName, poolUuid }: OfPool): PointSummary => ({
  pointId: jobId,
  repositoryId: '0123456789abcdef0123456789abcdef',
  vmUuid: uuid,
  vmName,
  poolUuid,
  taken: 1,
  committed: 2,
  consistency: 'crash',
  disks: [],
  skipped: [],
  bytesRead: 400,
  bytesNew: 400,
  bytesStored: 100,
})

export const backedUp = (...args: Parameters<typeof pointOf>): JobOutcome => ({
  status: 'backed-up',
  point: pointOf(...args),
  notes: [],
})
