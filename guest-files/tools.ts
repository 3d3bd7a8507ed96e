import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { FilesUnsupportedError, ToolMissingError } from './errors.ts'

/** Programs that reading files always takes, and the Debian packages they are in. */
const NEEDED = [
  ['linux.uml', 'user-mode-linux'],
  ['nbdfuse', 'libnbd-bin'],
  ['fusermount3', 'fuse3'],
  ['insmod', 'kmod'],
] as const

/** @throws `FILES_UNSUPPORTED`, `TOOL_MISSING` */
export const findTools = (
  env: NodeJS.ProcessEnv,
  machine = { platform: process.platform, arch: process.arch },
): Record<(typeof NEEDED)[number][0], string> => {
  const { platform, arch } = machine
  if (platform !== 'linux' || arch !== 'x64')
    throw new FilesUnsupportedError(`${platform} on ${arch}`)
  const found = NEEDED.map(([name, from]) => [name, from, find(env, name)] as const)
  const missing = found.filter(([, , path]) => path === undefined)
  if (missing.length > 0)
    throw new ToolMissingError(
      missing.map(([name]) => name).join(', '),
      missing.map(([, from]) => from),
    )
  return Object.fromEntries(found.map(([name, , path]) => [name, path])) as ReturnType<
    typeof findTools
  >
}

const find = (env: NodeJS.ProcessEnv, name: string): string | undefined =>
  [...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
    .map(folder => join(folder, name))
    .find(path => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
