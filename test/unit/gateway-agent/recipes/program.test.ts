import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemPrograms } from '#gateway-agent/recipes/program.ts'
import { until } from '#test/support/patience.ts'

const run = systemPrograms({ graceMs: 200 })
const folder = tmpdir()
const node = (script: string, ...args: string[]) => [process.execPath, '-e', script, '--', ...args]
const call = (argv: string[], more: object = {}) => ({
  ...{ argv, env: {}, folder, signal: new AbortController().signal, ...more },
})
const isAlive = (pid: number): boolean => {
  try {
    // A zombie is dead, only not buried.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('arguments arrive as they are, whatever is in them', async () => {
  const echo = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))'
  const argument = fc
    .string({ unit: 'grapheme', maxLength: 30 })
    .filter(text => !text.includes('\0'))
  await fc.assert(
    fc.asyncProperty(fc.array(argument, { maxLength: 5 }), async list => {
      const { stdout } = await run(call(node(echo, ...list)))
      expect(JSON.parse(stdout)).toEqual(list)
    }),
    { numRuns: 8 },
  )
})

test('of our environment it gets PATH and no secret', async () => {
  process.env.XENKEEP_TEST_SECRET = 'hidden'
  const { stdout } = await run(
    call(node('process.stdout.write(JSON.stringify(process.env))'), { env: { OWN: 'yes' } }),
  )
  delete process.env.XENKEEP_TEST_SECRET
  expect(Object.keys(JSON.parse(stdout)).sort()).toEqual(
    ['LC_ALL', 'OWN', 'PATH', 'TEMP', 'TMP', 'TMPDIR'].sort(),
  )
})

test('one that ignores SIGTERM is killed in time, with what it had started', async () => {
  const script = `
    const { spawn } = require('node:child_process')
    const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], { stdio: 'ignore' })
    process.on('SIGTERM', () => {})
    require('node:fs').writeFileSync(process.argv.at(-1), process.pid + ' ' + child.pid)
    setInterval(() => {}, 1000)`
  const file = join(folder, `pids-${process.pid}`)
  const stop = new AbortController()
  const running = run(call(node(script, '--', file), { signal: stop.signal }))
  const pids = () => readFileSync(file, 'utf8').split(' ').map(Number)
  await until('it runs', () => {
    try {
      return pids().length === 2
    } catch {
      return false
    }
  })
  await sleep(50)
  stop.abort()
  expect(await running).toMatchObject({ trouble: 'it was ended by SIGKILL' })
  await until('all are gone', () => !pids().some(isAlive))
})

test('what it leaves behind when it ends is ended, too', async () => {
  const script = `
    const { spawn } = require('node:child_process')
    const child = spawn('sleep', ['600'], { stdio: 'ignore' })
    child.unref()
    process.stdout.write(String(child.pid))
    process.exit(0)`
  const { stdout } = await run(call(node(script)))
  await until('it is gone', () => !isAlive(Number(stdout)))
})

test('more output than a fact can be ends it', async () => {
  const { trouble, exit } = await run(
    call(node("setInterval(() => process.stdout.write('x'.repeat(1e6)), 1)")),
  )
  expect({ trouble, exit }).toEqual({
    trouble: 'it wrote more than 4 MiB, which only a "stream" takes, and was ended',
    exit: undefined,
  })
})

test('whoever takes the output slowly gets all of it', async () => {
  const parts: number[] = []
  const end = await run(call(node('process.stdout.write(Buffer.alloc(3e6, 1))')), async bytes => {
    for await (const part of bytes) {
      parts.push(part.length)
      await sleep(20)
    }
  })
  expect(end.exit).toBe(0)
  expect(parts.reduce((a, b) => a + b, 0)).toBe(3e6)
})

test('what the taker throws ends the program and is thrown', async () => {
  const taking = run(call(node('setInterval(() => process.stdout.write("x"), 5)')), async bytes => {
    for await (const _ of bytes) throw new Error('the store is away')
  })
  await expect(taking).rejects.toThrow('the store is away')
})

test('input that cannot be had is no end of the input', async () => {
  async function* broken() {
    yield Buffer.from('half')
    throw new Error('the chunk is damaged')
  }
  await expect(run(call(['cat'], { stdin: broken() }))).rejects.toThrow('the chunk is damaged')
  expect((await run(call(['cat'], { stdin: 'whole' }))).stdout).toBe('whole')
})

test('a program that there is not says so', async () => {
  const { trouble } = await run(call(['/nonexistent/program']))
  expect(trouble).toBe('it could not be started: spawn /nonexistent/program ENOENT')
})
