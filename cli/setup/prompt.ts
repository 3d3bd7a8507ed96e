import { StringDecoder } from 'node:string_decoder'
import { XenkeepError } from '#core/errors/base.ts'
import type { Host } from '../host.ts'

/** A secret is needed, and there is no terminal to ask at. */
class NoTerminalError extends XenkeepError {
  readonly code = 'PASSPHRASE_MISSING'
  constructor({ what, variable, option }: SecretSource) {
    super(`The ${what} is needed, and there is no terminal to ask for it.`, {
      advice: `Set ${variable}, or name a file that holds it with ${option}.`,
    })
  }
}

/** What a secret is called, and where it may come from but a terminal. */
export interface SecretSource {
  what: string
  variable: string
  option: string
}

export const PASSPHRASE: SecretSource = {
  what: 'passphrase of the repository',
  variable: 'XENKEEP_PASSPHRASE',
  option: '--passphrase-file',
}

/** Ctrl-C or Ctrl-D at a prompt. */
class PromptLeftError extends XenkeepError {
  readonly code = 'INTERRUPTED'
  constructor() {
    super('You left the prompt; nothing was done.', { advice: 'Run the command again.' })
  }
}

const [CTRL_C, CTRL_D, BACKSPACE, DELETE, CTRL_U] = ['\x03', '\x04', '\b', '\x7f', '\x15']

/**
 * Asks for a line on the terminal without showing it.
 * @throws `PASSPHRASE_MISSING` where there is no terminal, `INTERRUPTED`
 */
export const promptSecret = async (
  { stdin, stderr }: Host,
  question: string,
  source: SecretSource = PASSPHRASE,
): Promise<string> => {
  if (!stdin.isTTY || !stderr.isTTY) throw new NoTerminalError(source)
  stderr.write(question)
  const decoder = new StringDecoder('utf8')
  let typed = ''
  stdin.setRawMode(true)
  stdin.resume()
  try {
    return await new Promise<string>((resolve, reject) => {
      const onData = (bytes: Buffer) => {
        for (const key of decoder.write(bytes)) {
          if (key === '\r' || key === '\n') {
            stdin.off('data', onData)
            resolve(typed)
            return
          }
          if (key === CTRL_C || key === CTRL_D) {
            stdin.off('data', onData)
            reject(new PromptLeftError())
            return
          }
          if (key === BACKSPACE || key === DELETE) typed = [...typed].slice(0, -1).join('')
          else if (key === CTRL_U) typed = ''
          else typed += key
        }
      }
      stdin.on('data', onData)
    })
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}
