import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
const WORST = [NAMES.quotes, NAMES.command, NAMES.glob]
const UNFIT = ['--all', 'ev\nil', 'tu\u202ern']

let folder: string
let server: ReturnType<typeof createServer>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'xenkeep-completion-'))
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
  // The program itself where a shell asks; else it tells what it was called with.
  await writeFile(
    join(folder, 'xenkeep'),
    `#!/bin/sh
case $1 in
__complete|completion) exec "${process.execPath}" "${join(process.cwd(), 'cli/main.ts')}" "$@" ;;
*) { printf '%s\\0' "$@"; printf '\\n'; } >> "${folder}/called" ;;
esac
`,
  )
  await chmod(join(folder, 'xenkeep'), 0o755)
})

afterAll(() => {
  server.close()
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

for (const shell of ['bash', 'zsh', 'fish'] as const)
  describeWithTools([shell, 'python3'], `completion in ${shell}`, () => {
    test('completes commands, options and choices; a name is one word, whatever it holds, and nothing is run', async () => {
      // Each line starts the program anew, so the shells that quote by themselves get the worst of them.
      const names = shell === 'bash' ? Object.values(NAMES) : WORST
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
