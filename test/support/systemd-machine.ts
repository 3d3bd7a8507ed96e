import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { until } from './patience.ts'

const run = promisify(execFile)
const SYSTEMD = '/lib/systemd/systemd'

/** It takes root, and systemd installed: not that it runs here. */
export const canBootSystemd = process.getuid?.() === 0 && existsSync(SYSTEMD)

/** In namespaces of its own, with no unit of this machine. */
const BOOT = `
set -e
mount --make-rprivate /
for folder in /run /etc/systemd /lib/systemd/system /lib/systemd/system-generators; do
  mkdir -p $folder; mount -t tmpfs tmpfs $folder
done
mkdir -p /run/systemd/system
for target in basic sysinit timers shutdown multi-user; do
  printf '[Unit]\\nDescription=%s\\nDefaultDependencies=no\\n' $target > /lib/systemd/system/$target.target
done
exec env -i container=lxc PATH="$PATH" ${SYSTEMD} --system --unit=basic.target --log-target=null --show-status=0
`

/** What it leaves of its control groups, which are empty; where this machine has a systemd of its own, that does it. */
const removeGroups = async () => {
  if (!existsSync('/run/systemd/system'))
    await run('find', [
      ...['/sys/fs/cgroup', '-depth', '-type', 'd'],
      ...['(', '-path', '*/system.slice*', '-o', '-path', '*/init.scope*', ')'],
      ...['-exec', 'rmdir', '{}', ';'],
    ]).catch(() => undefined)
}

export interface SystemdMachine {
  /** Runs a program beside systemd. @returns what it said */
  run(...command: string[]): Promise<string>
  /** The words before a command that is to run beside systemd. */
  readonly enter: readonly string[]
  end(): Promise<void>
}

/** A systemd of its own as process 1 of a namespace; it sees the file systems that are mounted here when it starts. */
export const bootSystemd = async (): Promise<SystemdMachine> => {
  const namespaces = ['--pid', '--mount', '--uts', '--ipc', '--cgroup', '--mount-proc']
  const child = spawn('unshare', ['--fork', '--kill-child', ...namespaces, 'bash', '-c', BOOT], {
    stdio: 'ignore',
  })
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const ended = new Promise(resolve => child.once('exit', resolve))
  const first = async () =>
    (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).trim()
  await until('process 1 is there', async () => (await first()) !== '')
  const enter = ['nsenter', '-t', await first(), '-m', '-p', '-u', '-i', '-C', '--']
  const inside = async (...command: string[]): Promise<string> => {
    const [program = '', ...given] = [...enter, ...command]
    return (await run(program, given)).stdout.trim()
  }
  await until('systemd is up', async () =>
    /running|degraded/.test(await inside('systemctl', 'is-system-running').catch(() => '')),
  )
  return {
    run: inside,
    enter,
    async end() {
      child.kill('SIGKILL')
      await ended
      process.off('exit', killWithUs)
      await removeGroups()
    },
  }
}
