import { z } from 'zod'
import { BandwidthPlan } from './bandwidth.ts'
import { ScriptName } from './boot-check.ts'

/** Names of the programs that a gateway may be told to run; of more than so many the rest is not told. */
export const SCRIPTS_TOLD = 200

/** A program of the gateway's settings. */
const Script = z.object({
  name: ScriptName,
  /** Its file is not there, or may not be run. Looked at every few seconds. */
  missing: z.literal(true).optional(),
})

/** What a gateway tells of itself; what a later one adds is passed over. No secret is in it: programs are told by their names, without their arguments. */
export const GatewayAbout = z.object({
  version: z.string().max(50),
  /** Of Node: `24.21.0`. */
  node: z.string().max(50),
  /** `linux x64` */
  platform: z.string().max(100),
  /** Name of its machine. */
  machine: z.string().max(255),
  /** IANA name of the zone of its machine. */
  timeZone: z.string().max(100),
  /** Jobs at once. */
  slots: z.int().min(1).max(64),
  /** The plan in force. */
  bandwidth: BandwidthPlan,
  /** Programs around backups and runs. */
  hookScripts: z.array(Script).max(SCRIPTS_TOLD),
  /** Programs that judge boot checks. */
  bootScripts: z.array(Script).max(SCRIPTS_TOLD),
  /** Whether it may show files of recovery points, and why not where it does not. Gateways that know nothing of it do not tell. */
  files: z.object({ can: z.boolean(), because: z.string().max(500).optional() }).optional(),
})
export type GatewayAbout = z.infer<typeof GatewayAbout>
