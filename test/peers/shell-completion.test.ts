import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Host } from '#cli/host.ts'
import { runProgram } from '#cli/program.ts'
import { vmView } from '#test/support/points.ts'
import { describeWithTools } from '#test/support/tools.ts'

const run = promisify(execFile)

/** What a shell would do something with, if it were not told that it is a name. */
const NAMES = {
  plain: 'db-01',
  spaces: 'ni two words',
  quotes: `qu "double" 'single'`,
  command: 'co $(touch ran) `touch ran`; touch ran & | > ran <x #!e',
  glob: 'gl * ? [a] {b,c} ~ \\ $HOME',
  script: '<script>alert(1)</script>',
  scripts: 'äöü 数据库 🚀',
  colon: 'zz:one:two three=4',
}
const UNFIT = ['--all', 'ev\nil', 'tu\u202ern']

let folder: string
let server: ReturnType<typeof createServer>
let door: ReturnType<typeof serveProgram>

/**
 * The program, without a start for each tab: words in, each behind a NUL and their number before them; what it prints out. That a start of it prints the same is
 * a test of its own.
 */
const serveProgram = () =>
  createTcpServer(socket => {
    const chunks: Buffer[] = []
    socket.on('data', async chunk => {
      const [number = '', ...words] = Buffer.concat([...chunks, chunk])
        .toString()
        .split('\0')
      chunks.push(chunk)
      if (words.length > Number(number)) socket.end(await printed(words.slice(0, -1)))
    })
  })

const printed = async (words: readonly string[]): Promise<string> => {
  const out: string[] = []
  const host = {
    stdout: { write: (text: string) => out.push(text) > 0 },
    stderr: { write: () => true },
    env: { XENKEEP_DATA: join(folder, 'data') },
    fetch: globalThis.fetch,
    now: Date.now,
  } as unknown as Host
  await runProgram(host, words, '0.0.0')
  return out.join('')
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'xenkeep-completion-'))
  door = serveProgram().listen(0, '127.0.0.1')
  await once(door, 'listening')
  server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    const items = [...Object.values(NAMES), ...UNFIT].map(name => ({ ...vmView, name }))
    response.end(request.url?.startsWith('/v1/vms') ? JSON.stringify({ items }) : '{}')
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await mkdir(join(folder, 'data/control'), { recursive: true })
  const endpoint = { url: `http://127.0.0.1:${port}`, token: 'a', pid: 1 }
  await writeFile(join(folder, 'data/control/endpoint.json'), JSON.stringify(endpoint))
  // The program where a shell asks; else it tells what it was called with.
  await writeFile(
    join(folder, 'xenkeep'),
    `#!/bin/bash
case $1 in
__complete|completion)
  exec 3<>/dev/tcp/127.0.0.1/${(door.address() as AddressInfo).port}
  printf '%s\\0' "$#" "$@" >&3
  cat <&3 ;;
*) { printf '%s\\0' "$@"; printf '\\n'; } >> "${folder}/called" ;;
esac
`,
  )
  await chmod(join(folder, 'xenkeep'), 0o755)
})

afterAll(() => {
  server.close()
  door.close()
  rmSync(folder, { recursive: true, force: true })
})

/** How each shell is started, and told to complete. */
const SHELLS = {
  bash: ['bash', '--norc', '-i'],
  zsh: ['zsh', '-f', '-i'],
  fish: ['fish', '--no-config', '-i'],
}
const READY = {
  bash: 'source <(xenkeep completion bash)',
  zsh: 'autoload -U compinit; compinit -u -D; source <(xenkeep completion zsh)',
  fish: 'xenkeep completion fish | source',
}

/** A terminal of its own, into which is typed; it shows nothing to anybody. */
const TERMINAL = `
import os, pty, sys, select, time
pid, fd = pty.fork()
if pid == 0:
    os.chdir(sys.argv[1]); os.execvp(sys.argv[3], sys.argv[3:])
end = time.time() + 90
os.write(fd, sys.argv[2].encode())
seen = b""
while time.time() < end:
    if select.select([fd], [], [], 0.2)[0]:
        try: seen += os.read(fd, 65536)
        except OSError: break
os.kill(pid, 9) if time.time() >= end else None
os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
`

/** Types lines with tabs in them. @returns what the shell then called xenkeep with */
const typed = async (shell: keyof typeof SHELLS, lines: readonly string[]): Promise<string[][]> => {
  await rm(join(folder, 'called'), { force: true })
  const env = {
    PATH: `${folder}:${process.env.PATH}`,
    HOME: folder,
    TERM: 'xterm',
    LANG: 'C.UTF-8',
    XENKEEP_DATA: join(folder, 'data'),
  }
  const keys = [READY[shell], ...lines, 'exit', ''].join('\n')
  const { stdout } = await run('python3', ['-c', TERMINAL, folder, keys, ...SHELLS[shell]], { env })
  expect(existsSync(join(folder, 'ran')), stdout).toBe(false)
  const called = await readFile(join(folder, 'called'), 'utf8').catch(() => '')
  return called
    .split('\n')
    .slice(0, -1)
    .map(words => words.split('\0').slice(0, -1))
}

test('the program, started, prints what the shells were given', async () => {
  for (const words of [
    ['completion', 'bash'],
    ['__complete', 'fish', '--', 'backup', NAMES.glob.slice(0, 2)],
  ]) {
    const started = await run(process.execPath, ['cli/main.ts', ...words], {
      env: { HOME: folder, XENKEEP_DATA: join(folder, 'data') },
    })
    expect(started.stdout).not.toBe('')
    expect(started.stdout).toBe(await printed(words))
  }
})

for (const shell of ['bash', 'zsh', 'fish'] as const)
  describeWithTools([shell, 'python3'], `completion in ${shell}`, () => {
    test('completes commands, options and choices; a name is one word, whatever it holds, and nothing is run', async () => {
      const names = Object.values(NAMES)
      const begun = names.map(name => name.slice(0, 2).replace('<', '\\<'))
      expect(
        await typed(shell, [
          'xenkeep pol\tdup\t',
          'xenkeep backup --wi\tz\t',
          ...begun.map(start => `xenkeep backup ${start}\t`),
          'xenkeep restore latest:zz:o\t',
          "xenkeep backup 'gl\t",
          'xenkeep backup "qu\t',
          'xenkeep backup ev\t',
        ]),
      ).toEqual([
        ['policies', 'duplicate'],
        ['backup', '--wire', 'zstd'],
        ...names.map(name => ['backup', name]),
        ['restore', `latest:${NAMES.colon}`],
        ['backup', NAMES.glob],
        ['backup', NAMES.quotes],
        ['backup', 'ev'],
      ])
    })
  })
