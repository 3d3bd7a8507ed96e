import type { z } from 'zod'
import type { ReplicaDetail } from '#core/contracts/replica-detail.ts'
import { PutReplicaRequest } from '#core/contracts/replicas-api.ts'
import { defineReplica as words } from '../../text/replication.ts'

/** What was said of a standby so far. */
export interface Definition {
  vm: string
  pool: string | undefined
  sr: string | undefined
  networks: readonly { from: string; to: string | undefined }[]
  every: number | undefined
  /** Seconds. */
  unit: number
  keep: number | undefined
  proveEvery: number | undefined
}

export const NEW: Definition = {
  ...{ vm: '', pool: undefined, sr: undefined, networks: [] },
  ...{ every: 1, unit: 3_600, keep: 3, proveEvery: 0 },
}

export const UNITS = [60, 3_600, 86_400] as const

/** As it was said last. */
export const definitionOf = ({ replica, sr, networks }: ReplicaDetail): Definition => {
  const { vmUuid, poolUuid, everySeconds, keep, proveEvery } = replica
  const unit = UNITS.findLast(one => everySeconds % one === 0) ?? 60
  return {
    ...{ vm: vmUuid, pool: poolUuid, sr: sr?.uuid, keep, proveEvery, unit },
    networks: networks.map(({ from, to }) => ({ from, to })),
    every: everySeconds / unit,
  }
}

/** As the API takes it; undefined while something is missing or wrong. */
export const requestOf = (said: Definition): z.input<typeof PutReplicaRequest> | undefined => {
  const { vm, pool, sr, networks, every = 0, unit, keep, proveEvery } = said
  if (Object.keys(problemsOf(said)).length > 0 || pool === undefined) return undefined
  const request = PutReplicaRequest.safeParse({
    ...{ vm, pool, keep, proveEvery, everySeconds: every * unit },
    networks: Object.fromEntries(networks.map(({ from, to }) => [from.trim(), to])),
    ...(sr !== undefined && { sr }),
  })
  return request.success ? request.data : undefined
}

const isWhole = (value: number | undefined, least: number, most: number): boolean =>
  value !== undefined && Number.isInteger(value) && value >= least && value <= most

/** What is wrong, by field. Missing choices are told by the button alone. */
export const problemsOf = ({ networks, every, unit, keep, proveEvery }: Definition) => {
  const found: Record<string, string> = {}
  if (!isWhole((every ?? 0) * unit, 1, 30 * 86_400)) found.every = words.everyWrong
  if (!isWhole(keep, 0, 30)) found.keep = words.keepWrong
  if (!isWhole(proveEvery, 0, 1_000)) found.proveEvery = words.proveWrong
  for (const [index, { from, to }] of networks.entries()) {
    if (from.trim() === '') found[`from ${index}`] = words.chooseNetwork
    else if (networks.findIndex(one => one.from.trim() === from.trim()) < index)
      found[`from ${index}`] = words.networkTwice
    if (to === undefined) found[`to ${index}`] = words.chooseNetwork
  }
  return found
}
