import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { measure } from '../measure.ts'
import { settle } from '../settle.ts'
import type { Contestant } from './contestant.ts'
import { sameBytes, sizeOf } from './files.ts'

/** restic as Debian ships it: a directory as repository, a cache of its own, `--compression auto`. */
export const restic: Contestant = {
  name: 'restic',
  version: async () =>
    (await measure(['restic', 'version'])).stdout.split(' ').slice(0, 2).join(' '),
  round: async (images, folder) => {
    const repository = join(folder, 'repository')
    const env = {
      RESTIC_PASSWORD: 'five random words of the bench',
      RESTIC_CACHE_DIR: join(folder, 'cache'),
    }
    const run = (args: readonly string[], more: { cwd?: string; output?: string } = {}) =>
      measure(['restic', '-q', '--compression', 'auto', '-r', repository, ...args], {
        env,
        ...more,
      })
    const backup = (image: string) =>
      settle(() => run(['backup', '--host', 'bench', 'disk.raw'], { cwd: dirname(image) }))

    await run(['init'])
    const full = await backup(images.before)
    const afterFull = await sizeOf(repository)
    const increment = await backup(images.after)
    const afterIncrement = await sizeOf(repository)
    const decode = await settle(() => run(['dump', 'latest', '/disk.raw'], { output: '/dev/null' }))
    const target = join(folder, 'restored')
    const restore = await settle(() => run(['restore', 'latest', '--target', target]))
    const equal = await sameBytes(join(target, 'disk.raw'), images.after)
    await rm(target, { recursive: true })
    const verify = await settle(() => run(['check', '--read-data']))
    return {
      measured: { full, increment, decode, restore, verify },
      stored: { full: afterFull, increment: afterIncrement },
      equal,
    }
  },
}
