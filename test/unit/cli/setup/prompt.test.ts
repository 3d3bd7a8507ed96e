import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { choosePassphrase } from '#cli/setup/passphrase.ts'
import { promptSecret } from '#cli/setup/prompt.ts'
import { cliHost } from '#test/support/cli-host.ts'

/** A terminal on which the test types. */
const terminal = () => {
  const { host } = cliHost()
  const shown: string[] = []
  const modes: boolean[] = []
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean) => modes.push(raw),
  })
  host.stdin = stdin as unknown as typeof host.stdin
  host.stderr = { write: (text: string) => shown.push(text) > 0, isTTY: true }
  return { host, shown, modes, type: (keys: string | Buffer) => stdin.write(keys) }
}

test('what is typed is not shown, and can be corrected', async () => {
  const { host, shown, modes, type } = terminal()
  const answer = promptSecret(host, 'Passphrase: ')
  const typed = Buffer.from('wrong\x15pässé\x7f\x7fword\r')
  // A character of two bytes may come in two pieces.
  type(typed.subarray(0, 8))
  type(typed.subarray(8))
  expect(await answer).toBe('päsword')
  expect(shown.join('')).toBe('Passphrase: \n')
  expect(modes).toEqual([true, false])
})

test.each(['\x03', '\x04'])('Ctrl-C and Ctrl-D leave (%j)', async key => {
  const { host, modes, type } = terminal()
  const answer = promptSecret(host, '? ')
  type(`secret${key}`)
  await expect(answer).rejects.toMatchObject({ code: 'INTERRUPTED' })
  expect(modes).toEqual([true, false])
})

test('without a terminal it says where a passphrase could come from', async () => {
  const { host } = cliHost()
  await expect(promptSecret(host, '? ')).rejects.toMatchObject({
    code: 'PASSPHRASE_MISSING',
    advice: 'Set XENKEEP_PASSPHRASE, or name a file that holds it with --passphrase-file.',
  })
})

test('a new passphrase is typed twice, and is not short', async () => {
  const twice = async (first: string, second: string) => {
    const { host, shown, type } = terminal()
    const answer = choosePassphrase(host, '/none', undefined)
    answer.catch(() => {})
    type(`${first}\r`)
    await new Promise(setImmediate)
    if (shown.join('').includes('again')) type(`${second}\r`)
    return answer
  }
  await expect(twice('correct horse battery', 'correct horse battery')).resolves.toBe(
    'correct horse battery',
  )
  await expect(twice('correct horse battery', 'correct horse batter')).rejects.toMatchObject({
    code: 'PASSPHRASE_UNFIT',
    message: 'The passphrase was not the same the second time.',
  })
  await expect(twice('too short', '')).rejects.toMatchObject({
    message: 'The new passphrase has fewer than 12 characters.',
  })
})

test('the environment comes before the file and the prompt', async () => {
  const { host } = terminal()
  host.env = { XENKEEP_PASSPHRASE: 'from the environment' }
  await expect(choosePassphrase(host, '/none', '/none/file')).resolves.toBe('from the environment')
  host.env = {}
  await expect(choosePassphrase(host, '/none', 'file')).rejects.toMatchObject({
    code: 'SECRET_UNREADABLE',
  })
})
