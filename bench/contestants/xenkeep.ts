import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Images } from '../image/images.ts'
import { measure } from '../measure.ts'
import { settle } from '../settle.ts'
import type { Contestant, Told } from './contestant.ts'
import { sameBytes, sizeOf } from './files.ts'

const MAIN = fileURLToPath(new URL('../../cli/xenkeep.mjs', import.meta.url))
const env = { XENKEEP_PASSPHRASE: 'five random words of the bench' }

/** Runs `xenkeep repo …` as anybody would. */
const repo = (folder: string, args: readonly string[], output?: string) =>
  measure([process.execPath, MAIN, 'repo', ...args, '--repository', `file:${folder}`], {
    env,
    ...(output === undefined ? {} : { output }),
  })

const told = (stdout: string): Told => JSON.parse(stdout.trim().split('\n').at(-1) as string)

const importImage = (repository: string, file: string, more: readonly string[] = []) =>
  repo(repository, ['import-image', file, '--name', 'disk', '--json', ...more])

export const xenkeep: Contestant = {
  name: 'xenkeep',
  version: async () => 'this tree',
  round: async (images, folder) => {
    const repository = join(folder, 'repository')
    const restored = join(folder, 'restored.raw')
    await repo(repository, ['init', '--recovery-kit-file', join(folder, 'kit.txt')])
    const full = await settle(() => importImage(repository, images.before))
    const afterFull = await sizeOf(repository)
    const increment = await settle(() =>
      importImage(repository, images.after, ['--changed', images.bitmapFile]),
    )
    const afterIncrement = await sizeOf(repository)
    const decode = await settle(() =>
      repo(repository, ['export', 'latest:disk', '-o', '-'], '/dev/null'),
    )
    const restore = await settle(() => repo(repository, ['export', 'latest:disk', '-o', restored]))
    const equal = await sameBytes(restored, images.after)
    await rm(restored)
    const verify = await settle(() => repo(repository, ['check', '--level', '2']))
    return {
      measured: { full, increment, decode, restore, verify },
      stored: { full: afterFull, increment: afterIncrement },
      equal,
      told: { full: told(full.stdout), increment: told(increment.stdout) },
    }
  },
}

/** @returns bytes of all objects of both backups at zstd level 3 */
export const sizeAtLevel3 = async (images: Images, folder: string): Promise<number> => {
  const repository = join(folder, 'repository')
  await repo(repository, ['init', '--recovery-kit-file', join(folder, 'kit.txt')])
  await importImage(repository, images.before, ['--compression', '3'])
  await importImage(repository, images.after, [
    ...['--compression', '3'],
    ...['--changed', images.bitmapFile],
  ])
  return sizeOf(repository)
}
