import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { RecoveryStepFailedError, RecoveryToolsMissingError } from '#core/errors/recovery.ts'

/** Programs that make disks lie where not every user looks. */
export const folders = (path: string | undefined): string[] => [
  ...(path ?? '').split(delimiter).filter(Boolean),
  ...['/usr/sbin', '/sbin', '/usr/bin', '/bin'],
]

/** Programs of this machine, each started as it stands. */
export interface Programs {
  /**
   * @param step half a sentence: what it is for
   * @returns what it wrote
   * @throws `RECOVERY_STEP_FAILED`
   */
  run(step: string, argv: readonly string[], stdin?: string): Promise<string>
  /** The same for what takes something back: it is done also when the recovery was stopped. */
  undo(step: string, argv: readonly string[]): Promise<string>
  /** @throws `RECOVERY_TOOLS_MISSING` */
  assertAll(programs: ReadonlyMap<string, string>): Promise<void>
}

const OUTPUT = 16 * 1024 * 1024 // bytes

/**
 * @param path the variable PATH
 * @param signal no program is started after it; one that works on a disk comes to its end
 */
export const programsOf = (path: string | undefined, signal: AbortSignal): Programs => {
  const env = { PATH: folders(path).join(delimiter), LC_ALL: 'C.UTF-8' }
  const start = (step: string, [program = '', ...args]: readonly string[], stdin?: string) =>
    new Promise<string>((resolve, reject) => {
      const child = execFile(program, args, { env, maxBuffer: OUTPUT }, (error, stdout, stderr) => {
        if (!error) return resolve(stdout)
        const said = (stderr.trim() || stdout.trim() || error.message).split('\n').slice(-3)
        reject(new RecoveryStepFailedError(step, `${program}: ${said.join(' ')}`, error))
      })
      child.stdin?.on('error', () => undefined) // it ended without reading
      child.stdin?.end(stdin)
    })
  return {
    run: async (step, argv, stdin) => {
      signal.throwIfAborted()
      return start(step, argv, stdin)
    },
    undo: start,
    assertAll: async programs => {
      const missing: string[] = []
      for (const program of programs.keys())
        if (!(await isThere(program, path))) missing.push(program)
      if (missing.length === 0) return
      const packages = new Set(missing.map(program => programs.get(program) ?? program))
      throw new RecoveryToolsMissingError(missing, [...packages])
    },
  }
}

const isThere = async (program: string, path: string | undefined): Promise<boolean> => {
  for (const folder of folders(path))
    if (
      await access(join(folder, program), constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return true
  return false
}

/** What every recovery needs, and the Debian packages that have it. */
export const ALWAYS: readonly (readonly [program: string, debian: string])[] = [
  ['sfdisk', 'fdisk'],
  ['wipefs', 'util-linux'],
  ['losetup', 'mount'],
  ['mount', 'mount'],
  ['umount', 'mount'],
  ['blockdev', 'util-linux'],
  ['unshare', 'util-linux'],
  ['setpriv', 'util-linux'],
]
