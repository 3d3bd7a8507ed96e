import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { type GatewayAbout, SCRIPTS_TOLD } from '#core/contracts/gateway-about.ts'
import type { GatewaySettings } from '#core/contracts/settings.ts'
import { VERSION } from '#core/contracts/version.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { findTools } from '#guest-files/tools.ts'

/** What this gateway is made of now. Programs are looked for, and told by their names alone: their arguments may hold what is nobody's business. */
export const aboutGateway = async (
  { slots, bandwidth, hookScripts, bootScripts }: GatewaySettings,
  {
    machine,
    timeZone,
    isBrowsingAllowed,
    process: { versions, platform, arch, env },
  }: {
    machine: string
    timeZone: string
    /** As the settings stand now: they are asked anew for each look at files. */
    isBrowsingAllowed: () => Promise<boolean>
    process: Pick<NodeJS.Process, 'versions' | 'platform' | 'arch' | 'env'>
  },
): Promise<GatewayAbout> => ({
  ...{ version: VERSION, node: versions.node, platform: `${platform} ${arch}` },
  machine: machine.slice(0, 255),
  ...{ timeZone, slots, bandwidth },
  hookScripts: await scriptsOf(hookScripts, env),
  bootScripts: await scriptsOf(bootScripts, env),
  files: await filesOf(isBrowsingAllowed, { env, machine: { platform, arch } }),
})

const filesOf = async (
  isAllowed: () => Promise<boolean>,
  { env, machine }: { env: NodeJS.ProcessEnv; machine: Pick<NodeJS.Process, 'platform' | 'arch'> },
): Promise<GatewayAbout['files']> => {
  try {
    if (!(await isAllowed())) return { can: false, because: SWITCHED_OFF }
    findTools(env, machine)
    return { can: true }
  } catch (error) {
    const { message, advice } = asXenkeepError(error)
    return { can: false, because: `${message} ${advice}`.slice(0, 500) }
  }
}

const SWITCHED_OFF = 'Its settings do not allow it: "fileBrowsing" is "off".'

const scriptsOf = (
  scripts: Readonly<Record<string, readonly string[]>>,
  env: NodeJS.ProcessEnv,
): Promise<GatewayAbout['hookScripts']> =>
  Promise.all(
    Object.entries(scripts)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, SCRIPTS_TOLD)
      .map(async ([name, [program = '']]) => ({
        name,
        ...(!(await isThere(program, env)) && { missing: true as const }),
      })),
  )

/** Whether it could be run, as spawn would find it. */
const isThere = async (program: string, env: NodeJS.ProcessEnv): Promise<boolean> => {
  const isPath = isAbsolute(program) || program.includes('/')
  const places = isPath
    ? [resolve(program)]
    : (env.PATH ?? '').split(delimiter).map(folder => join(folder, program))
  const found = await Promise.all(
    places.map(place =>
      access(place, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.includes(true)
}
