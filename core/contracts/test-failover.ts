import { z } from 'zod'
import { ScriptName } from './boot-check.ts'
import { NameLabel, Ulid, XenUuid } from './ids.ts'

const wishes = {
  /** A kept state, by its point; the newest unless told. */
  pointId: Ulid.optional(),
  /** All interfaces go on this network of the pool; without it there are none. */
  networkUuid: XenUuid.optional(),
  /** For copying, booting, asking. */
  timeoutSeconds: z.int().min(1).max(86_400),
  /** Asked when the copy has booted. */
  script: ScriptName.optional(),
  /** Wait for what the guest says of itself in the xenstore key `vm-data/xenkeep/verdict`. */
  guestVerdict: z.boolean().optional(),
  /** How long the copy stays for people to look at, when all is known. */
  keepSeconds: z.int().min(0).max(86_400),
}

/** Starts a copy of a standby's state, isolated; the standby and its rounds are not touched. */
export const TestFailoverSpec = z.strictObject({
  kind: z.literal('test-failover'),
  /** The pool of the standby. */
  poolUuid: XenUuid,
  /** The VM that it stands by for. */
  vmUuid: XenUuid,
  vmName: NameLabel,
  replicaId: Ulid,
  ...wishes,
})
export type TestFailoverSpec = z.infer<typeof TestFailoverSpec>

/** POST /v1/replicas/{replicaId}/commands */
export const TestFailoverCommand = z.strictObject({
  command: z.literal('test'),
  ...wishes,
  timeoutSeconds: wishes.timeoutSeconds.default(900),
  keepSeconds: wishes.keepSeconds.default(0),
})
