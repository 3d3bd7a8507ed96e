import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measure } from '../measure.ts'
import { settle, settleCold } from '../settle.ts'

/** Seconds of each step, on one fresh repository. */
export interface TreeRound {
  full: number
  /** a second backup of the same tree */
  unchanged: number
  /** from a repository that is not in the page cache, where that can be emptied */
  restore: number
  /** what was restored is what was backed up */
  equal: boolean
}

interface TreeContestant {
  version(): Promise<string>
  /** @param folder empty; for the repository, caches and what is restored */
  round(tree: string, folder: string): Promise<TreeRound>
}

type Command = readonly [string, ...string[]]

const timed = async (command: Command, env: NodeJS.ProcessEnv): Promise<number> =>
  (await settle(() => measure(command, { env }))).seconds

const timedCold = async (command: Command, env: NodeJS.ProcessEnv): Promise<number> => {
  settleCold()
  return (await measure(command, { env })).seconds
}

const same = (a: string, b: string): boolean =>
  spawnSync('diff', ['-r', '--no-dereference', a, b]).status === 0

const PASSWORD = 'five random words of the bench'
const MAIN = fileURLToPath(new URL('../../cli/xenkeep.mjs', import.meta.url))

export const xenkeepTree: TreeContestant = {
  version: async () => 'this tree',
  round: async (tree, folder) => {
    const env = { XENKEEP_PASSPHRASE: PASSWORD }
    const where = ['--repository', `file:${join(folder, 'repository')}`]
    const command = (...args: string[]): Command => [process.execPath, MAIN, ...args, ...where]
    await measure(command('repo', 'init', '--recovery-kit-file', join(folder, 'kit')), { env })
    const backup = command('tree', 'backup', tree, '--name', 'tree')
    const full = await timed(backup, env)
    const unchanged = await timed(backup, env)
    const target = join(folder, 'restored')
    const restore = await timedCold(command('tree', 'restore', 'latest:tree', target), env)
    return { full, unchanged, restore, equal: same(tree, target) }
  },
}

export const resticTree: TreeContestant = {
  version: async () =>
    (await measure(['restic', 'version'])).stdout.split(' ').slice(0, 2).join(' '),
  round: async (tree, folder) => {
    const env = { RESTIC_PASSWORD: PASSWORD, RESTIC_CACHE_DIR: join(folder, 'cache') }
    const command = (...args: string[]): Command => {
      const where = ['-r', join(folder, 'repository')]
      return ['restic', '-q', '--compression', 'auto', ...where, ...args]
    }
    await measure(command('init'), { env })
    const backup = command('backup', '--host', 'bench', tree)
    const full = await timed(backup, env)
    const unchanged = await timed(backup, env)
    const target = join(folder, 'restored')
    const restore = await timedCold(command('restore', 'latest', '--target', target), env)
    return { full, unchanged, restore, equal: same(tree, join(target, tree)) }
  },
}
