import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runProgram } from '#cli/program.ts'
import { damageLargestPack } from '#test/support/damage-pack.ts'
import { listing, sums } from '#test/support/file-tree/listing.ts'
import { repoTool } from '#test/support/repo-tool.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'

/**
 * A folder is saved twice, listed, restored, compared and damaged by nothing but `xenkeep tree` and a repository in a directory. It passes when what comes back is what
 * find(1) and sha256sum(1) say was there, and every exit code says what happened.
 */
describe('xenkeep tree', () => {
  const tool = repoTool()
  const source = tool.path('source')
  const repository = `file:${tool.path('repository')}`

  const tree = async (...args: string[]) => {
    const out: string[] = []
    const err: string[] = []
    const host = {
      ...tool.host,
      stdout: { write: (text: string) => out.push(text) > 0, isTTY: false },
      stderr: { write: (text: string) => err.push(text) > 0, isTTY: false },
    }
    const exitCode = await runProgram(host, ['tree', ...args, '--repository', repository], '0.0.0')
    const stdout = out.join('')
    const last = args.includes('--json') ? stdout.trim().split('\n').at(-1) : undefined
    return { exitCode, stdout, stderr: err.join(''), document: JSON.parse(last ?? 'null') }
  }

  beforeAll(async () => {
    mkdirSync(`${source}/etc/ssh`, { recursive: true })
    writeFileSync(`${source}/etc/hosts`, 'localhost')
    writeFileSync(`${source}/etc/ssh/sshd_config`, 'Port 22')
    // Of its own kind, so that its pack is the largest of the repository, whatever else is saved there.
    writeFileSync(`${source}/large`, seededRandom(7).bytes(400_000))
    symlinkSync('etc/hosts', `${source}/link`)
    chmodSync(`${source}/etc/hosts`, 0o600)
    await tool.run('init', '--recovery-kit-file', tool.path('kit'))
  })
  afterAll(() => tool.remove())

  test('saves a folder, and the second time reads nothing that did not change', async () => {
    const first = await tree('backup', source, '--name', 'src')
    expect(first.stdout).toContain('holds   3 files (391 KiB), 3 folders, 1 symbolic link\n')
    expect(first.exitCode).toBe(0)
    appendFileSync(`${source}/etc/hosts`, ' again')
    const { document } = await tree('backup', source, '--name', 'src', '--json')
    expect(document).toMatchObject({ event: 'saved', name: 'src', report: { files: 3 } })
    expect(document.report.kept.bytes).toBeGreaterThanOrEqual(400_000)
    const points = await tool.run('points')
    expect(points.stdout.match(/ {2}file-tree {2}src /g)).toHaveLength(2)
  })

  test('lists it, and says what was perhaps meant', async () => {
    const all = await tree('list', 'latest:src')
    expect(all.stdout).toMatch(/^-rw------- .* 15 B .* UTC {2}etc\/hosts$/m)
    expect(all.stdout).toMatch(/^lrwxrwxrwx .* link -> etc\/hosts$/m)
    expect(all.stdout).toContain('6 entries, 391 KiB.')
    const found = await tree('list', 'latest:src', '--pattern', 'sshd*', '--json')
    expect(found.stdout).toContain('"path":"etc/ssh/sshd_config","type":"file","size":7')
    expect(found.document).toMatchObject({ event: 'listed', entries: 1, bytes: 7 })
    const missing = await tree('list', 'latest:src', '--path', 'etc/hots')
    expect(missing.exitCode).toBe(2)
    expect(missing.stderr).toContain('The tree of files has no "etc/hots". Did you mean "hosts"?')
  })

  test('restores it, and reads it again', async () => {
    const target = tool.path('restored')
    const done = await tree('restore', 'latest:src', target, '--verify')
    expect(done.stdout).toContain('3 files (391 KiB), 3 folders, 1 symbolic link')
    expect(done.stdout).toContain('read again: all of it is as in the point')
    expect(done.exitCode).toBe(0)
    expect(listing(target)).toEqual(listing(source))
    expect(sums(target)).toEqual(sums(source))
    const same = await tree('compare', 'latest:src', target, '--content')
    expect(same).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('no difference.') })
  })

  test('a socket does not come back, which is told and no difference', async () => {
    const folder = tool.path('sockets')
    mkdirSync(folder)
    const server = createServer().listen(`${folder}/service.sock`)
    await once(server, 'listening')
    await tree('backup', folder, '--name', 'sockets')
    server.close()
    const done = await tree('restore', 'latest:sockets', tool.path('without'), '--verify')
    expect(done.stdout).toContain('left out: socket, once, as of service.sock: ')
    expect(done.stdout).toContain('read again: all of it is as in the point')
    expect(done.exitCode).toBe(0)
  })

  test('names of any bytes are shown so that they can be given back, and steer nothing', async () => {
    const folder = tool.path('odd')
    mkdirSync(folder)
    const names = ['M\xfcller', 'line\nbreak', '\x1b[31mred', 'C:\\x41', '\xe2\x80\xaeexe.txt']
    for (const name of names) writeFileSync(Buffer.from(`${folder}/${name}`, 'latin1'), name)
    await tree('backup', folder, '--name', 'odd')
    const listed = await tree('list', 'latest:odd')
    const shown = listed.stdout.trimEnd().split('\n').slice(0, -1)
    expect(shown.map(line => line.slice(line.lastIndexOf('UTC') + 5))).toEqual([
      '\\x1b[31mred',
      'C:\\x5cx41',
      'M\\xfcller',
      'line\\x0abreak',
      '\\xe2\\x80\\xaeexe.txt',
    ])
    for (const [n, line] of shown.entries()) {
      const target = tool.path(`odd-${n}`)
      const path = line.slice(line.lastIndexOf('UTC') + 5)
      const done = await tree('restore', 'latest:odd', target, '--path', path)
      expect(done.exitCode, path).toBe(0)
      const there = readdirSync(target, { encoding: 'buffer' }).map(name => name.toString('latin1'))
      expect(there, path).toEqual([names.toSorted()[n]])
    }
  })

  test('tells what stands in the way, and what differs', async () => {
    const target = tool.path('restored')
    writeFileSync(`${target}/etc/hosts`, 'other')
    writeFileSync(`${target}/extra`, '')
    const refused = await tree('restore', 'latest:src', target)
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('code: TREE_TARGET_TAKEN')
    const compared = await tree('compare', 'latest:src', target)
    expect(compared.exitCode).toBe(3)
    expect(compared.stdout).toMatch(/^differs {2}etc\/hosts: size, modified$/m)
    expect(compared.stdout).toMatch(/^extra {4}extra$/m)
    const kept = await tree('restore', 'latest:src', target, '--existing', 'keep', '--json')
    expect(kept.document).toMatchObject({ event: 'restored', kept: 1, whole: 3, failed: [] })
    expect(readFileSync(`${target}/etc/hosts`, 'utf8')).toBe('other')
    const replaced = await tree('restore', 'latest:src', target, '--existing', 'replace')
    expect(replaced.exitCode).toBe(0)
    expect(readFileSync(`${target}/etc/hosts`, 'utf8')).toBe('localhost again')
  })

  test('names the file whose data is damaged; everything else is there', async () => {
    await damageLargestPack(tool.path('repository'))
    const target = tool.path('damaged')
    const done = await tree('restore', 'latest:src', target)
    expect(done.exitCode).toBe(6)
    expect(done.stdout).toMatch(/NOT RESTORED: \S+: .* \(OBJECT_DAMAGED\)/)
    const [, path = ''] = /NOT RESTORED: (\S+):/.exec(done.stdout) ?? []
    rmSync(`${source}/${path}`)
    expect(sums(target)).toEqual(sums(source))
  })

  test('says what is wrong with a list of owners', async () => {
    tool.write('owners', 'user ann\n')
    const refused = await tree(
      'restore',
      'latest:src',
      tool.path('x'),
      '--owners',
      tool.path('owners'),
    )
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('line 1 is none of "user FROM TO" and "group FROM TO"')
  })
})
