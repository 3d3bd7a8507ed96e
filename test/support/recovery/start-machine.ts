import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** How long a machine may take to tell that it has started, without help of the processor; in ms. */
const LIMIT = 540_000

export interface Told {
  /** Everything on its serial console. */
  console: string
  /** Lines `TOLD name value` of its init. */
  told: Record<string, string>
  /** What it answered to the commands in its /etc/asked. */
  answers: Map<string, string>
}

/** Starts a machine from the image of a disk, with a BIOS and a processor that are simulated, and listens to its serial console until it switches itself off. */
export const startMachine = async (disk: string): Promise<Told> => {
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...['-accel', 'tcg', '-cpu', 'max', '-m', '512', '-nodefaults', '-no-reboot'],
      ...['-display', 'none', '-serial', 'stdio', '-monitor', 'none'],
      ...['-drive', `file=${disk},format=raw,if=virtio,snapshot=on`],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let console = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      console += chunk
    })
  const guard = setTimeout(() => child.kill('SIGKILL'), LIMIT)
  await once(child, 'close')
  clearTimeout(guard)
  const told = Object.fromEntries(
    [...console.matchAll(/TOLD (\S+) (.*?)\r?$/gm)].map(([, name, value]) => [name, value]),
  )
  const answers = new Map(
    [...console.replaceAll('\r', '').matchAll(/^ASKED (.*)\n([\s\S]*?)^ANSWERED$/gm)].map(
      ([, asked = '', answer = '']) => [asked, answer] as const,
    ),
  )
  return { console, told, answers }
}
