import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { describeWithTools, findTool } from '#test/support/tools.ts'

const run = promisify(execFile)
const strace = findTool('strace') ?? 'strace'
const script = join(import.meta.dirname, '..', 'support', 'processes', 'store-putter.ts')

// Some containers forbid tracing.
const isForbidden = () =>
  process.env.CI !== 'true' && spawnSync(strace, ['-o', '/dev/null', 'true']).status !== 0

// No test can cut the power, but strace sees whether the process has asked for everything in the right order: content on the
// platter, then the name, then the directory that holds the name, and every new directory in its parent.
describeWithTools(['strace'], 'durability of the directory store, seen by strace', () => {
  test.skipIf(isForbidden())('content, name and directories are synced in order', async () => {
    const top = await mkdtemp(join(tmpdir(), 'xenkeep-strace-'))
    // One log for each thread, or calls of different threads would cut each other in two; the time in front joins them again.
    const options = ['-ff', '-ttt', '-y', '-e', 'trace=fsync,link,linkat,mkdir,mkdirat']
    const command = [process.execPath, script, join(top, 'new', 'store'), 'a/b']
    await run(strace, [...options, '-o', join(top, 'log'), ...command])
    const names = (await readdir(top)).filter(name => name.startsWith('log.'))
    const logs = await Promise.all(names.map(name => readFile(join(top, name), 'utf8')))
    await rm(top, { recursive: true })

    const calls = logs
      .flatMap(log => log.split('\n'))
      .filter(line => line.includes(top) && line.endsWith(' = 0'))
      .sort()
      .map(line => line.replace(/^[\d.]+ /, '').replaceAll(top, 'TOP'))
      .map(line => line.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID').replaceAll(/\d+</g, '<'))
    expect(calls).toEqual([
      'mkdir("TOP/new", 0700) = 0',
      'mkdir("TOP/new/store", 0700) = 0',
      'fsync(<TOP/new>) = 0',
      'fsync(<TOP>) = 0',
      'mkdir("TOP/new/store/+staging", 0700) = 0',
      'fsync(<TOP/new/store>) = 0',
      'mkdir("TOP/new/store/a", 0700) = 0',
      'fsync(<TOP/new/store>) = 0',
      'fsync(<TOP/new/store/+staging/UUID>) = 0',
      'link("TOP/new/store/+staging/UUID", "TOP/new/store/a/b") = 0',
      'fsync(<TOP/new/store/a>) = 0',
    ])
  })
})
