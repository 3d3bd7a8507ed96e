import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Somebody outside of the agent who thaws when a time is over, should all processes of the agent be killed or stopped at once. */
export interface Guard {
  /** @param ms from now @throws Error with a clause as its message */
  arm(order: { lease: string; mounts: readonly string[]; ms: number }): Promise<Armed>
}

export interface Armed {
  /** Nothing is to be thawed any more; never throws. */
  disarm(): Promise<void>
}

/**
 * Thaws mount points side by side, so that one whose disk hangs holds none of the others back; ten times, since a call to freeze may come through after the
 * first (its process was killed in the middle of it).
 */
const THAW =
  'for time in 0 1 2 3 4 5 6 7 8 9; do for mount; do fsfreeze --unfreeze "$mount" & done; sleep 1; done'
/** Programs of the system, not what somebody put before them. */
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
/** For a word with the manager of the system, in ms: as a rule 10. */
const WORD_MS = 5_000

/** systemd is process 1 (sd_booted(3)). */
const isSystemd = (): boolean => existsSync('/run/systemd/system')

/**
 * The manager of the system where that is systemd: nobody kills or stops process 1, and a timer of its own belongs to no unit of ours. It is armed by one
 * program, before anything is frozen. Elsewhere a process of the shell: of another name, session and parent than the agent's.
 */
export const systemGuard = (): Guard => ({
  arm: order => (isSystemd() ? byManager(order).catch(() => byShell(order)) : byShell(order)),
})

const byManager: Guard['arm'] = async ({ lease, mounts, ms }) => {
  const unit = `xenkeep-thaw-${lease}`
  const call = (program: string, given: readonly string[]) =>
    run(program, [...given], { timeout: WORD_MS, env: { PATH }, cwd: '/' })
  await call('systemd-run', [
    ...['--quiet', '--collect', `--unit=${unit}`, `--on-active=${ms}ms`],
    '--timer-property=AccuracySec=100ms',
    // What is said goes into a log, which may stand still.
    ...['StandardInput', 'StandardOutput', 'StandardError'].map(one => `--property=${one}=null`),
    // Neither held back by what else starts, nor stopped because the machine is told to stop.
    ...['--property=DefaultDependencies=no', '--timer-property=DefaultDependencies=no'],
    ...['/bin/sh', '-c', THAW, 'sh', ...mounts],
  ])
  return {
    disarm: async () =>
      void (await call('systemctl', ['stop', `${unit}.timer`, `${unit}.service`]).catch(
        () => undefined,
      )),
  }
}

const byShell: Guard['arm'] = async ({ mounts, ms }) => {
  const script = `command -v fsfreeze >/dev/null || exit 1; echo armed; exec >/dev/null 2>&1; sleep "$1"; shift; ${THAW}`
  const child = spawn('/bin/sh', ['-c', script, 'sh', `${Math.ceil(ms / 1_000)}`, ...mounts], {
    ...{ cwd: '/', env: { PATH }, detached: true },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  const armed = await new Promise<boolean>(resolve => {
    child.stdout.once('data', () => resolve(true))
    child.once('error', () => resolve(false))
    void ended.then(() => resolve(false))
  })
  if (!armed) throw new Error('the program fsfreeze (util-linux) is not there')
  return {
    disarm: async () => {
      endGroup(child)
      await ended
    },
  }
}

const endGroup = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has done its work meanwhile.
  }
}
