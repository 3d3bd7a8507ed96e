import { readEndpoint } from '../control-plane.ts'
import { type Host, print, tell } from '../host.ts'
import { shellCommand } from '../setup/up-options.ts'
import type { Stage } from './stage.ts'

/** Asks on a terminal for one key. @returns whether it was `k` */
export const offerToKeep = async ({ stdin, stderr }: Host): Promise<boolean> => {
  if (!stdin.isTTY || !stderr.isTTY) return false
  stderr.write(
    '\nPress k to keep the pool and XenKeep running and try things out, any other key to end. ',
  )
  stdin.setRawMode(true)
  stdin.resume()
  const [key] = await new Promise<string>(resolve =>
    stdin.once('data', bytes => resolve(bytes.toString())),
  )
  stdin.setRawMode(false)
  stdin.pause()
  stderr.write('\n')
  return key?.toLowerCase() === 'k'
}

/** Tells how to go on, and waits for Ctrl-C. @param toTry commands, as words */
export const keepRunning = async (
  host: Host,
  { session: { dataDir }, simulator, folder, consolePassword }: Stage,
  toTry: readonly string[][],
): Promise<void> => {
  const command = (...words: string[]) =>
    `  ${shellCommand(['npm', 'run', '--silent', 'xenkeep', '--', ...words, '--data', dataDir])}`
  const url = (await readEndpoint(dataDir))?.url
  print(
    host,
    '',
    `The pool (${simulator.coordinator.url}) and XenKeep keep running. In a browser:`,
    `  ${url ?? 'its control plane does not answer'}`,
    // It has scrolled away since the start.
    `  password  ${consolePassword}`,
    'Or in another terminal, in this folder:',
    ...toTry.map(words => command(...words)),
    `Ctrl-C ends both and removes ${folder}.`,
  )
  await new Promise<void>(resolve => {
    const stopListening = host.onStop(() => {
      stopListening()
      tell(host, 'Stopping, and removing what the demo made …')
      resolve()
    })
  })
}
