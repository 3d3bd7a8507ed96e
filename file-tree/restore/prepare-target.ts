import { mkdir, readdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { TreeTargetReadOnlyError, TreeTargetUnusableError } from '#core/errors/tree-restore.ts'
import { codeOf } from '../system-error.ts'
import { whyOf } from './target-trouble.ts'
import { AS_MADE } from './unfinished.ts'

/**
 * @param target made, with the folders above it, where it is not there
 * @throws `TREE_TARGET_UNUSABLE`, `TREE_TARGET_READ_ONLY`
 */
export const prepareTarget = async (target: string): Promise<{ made: boolean; empty: boolean }> => {
  try {
    const path = resolve(target)
    await mkdir(dirname(path), { recursive: true })
    const made = await mkdir(path, { mode: AS_MADE }).then(
      () => true,
      error => {
        if (codeOf(error) === 'EEXIST') return false
        throw error
      },
    )
    return { made, empty: made || (await readdir(path)).length === 0 }
  } catch (error) {
    if (codeOf(error) === 'EROFS') throw new TreeTargetReadOnlyError(target, error)
    throw new TreeTargetUnusableError(target, whyOf(error), error)
  }
}
