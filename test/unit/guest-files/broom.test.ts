import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newBroom } from '#guest-files/broom.ts'

const program = (named: string) =>
  spawn('/bin/sh', ['-c', 'sleep 60; :', named], { stdio: 'ignore', detached: true })

test('what was written down is ended, and so is what was begun in the very moment in which its agent was killed', async () => {
  const broom = await newBroom()
  mkdirSync(join(broom.folder, '0'))
  const known = broom.watch(program('known'))
  const unknown = program(join(broom.folder, '0', 'disk.img'))
  const other = program(`${broom.folder}-of-somebody-else/disk.img`)
  const ended = Promise.all([once(known, 'exit'), once(unknown, 'exit')])
  await broom.sweep()
  expect((await ended).map(([, signal]) => signal)).toEqual(['SIGKILL', 'SIGKILL'])
  expect(existsSync(broom.folder)).toBe(false)
  expect(other.exitCode ?? other.signalCode).toBeNull()
  for (const { pid } of [unknown, other]) process.kill(-(pid as number), 'SIGKILL')
})

test('a process that ended by itself is not ended once more: its number may be that of somebody else', async () => {
  const broom = await newBroom()
  const child = broom.watch(spawn('/bin/true', [], { stdio: 'ignore', detached: true }))
  const file = join(broom.folder, 'pids', String(child.pid))
  expect(existsSync(file)).toBe(true)
  await once(child, 'exit')
  expect(existsSync(file)).toBe(false)
  await broom.sweep()
})

test('what a supervisor sends to all of its processes does not keep it from taking everything away', async () => {
  const broom = await newBroom()
  const known = broom.watch(program('known'))
  const ended = once(known, 'exit')
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name)))
    if (commandOf(pid).endsWith(`\0sh\0${broom.folder}\0`)) process.kill(-Number(pid), 'SIGTERM')
  await broom.sweep()
  expect(existsSync(broom.folder)).toBe(false)
  expect((await ended)[1]).toBe('SIGKILL')
})

const commandOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // It has ended.
  }
}

test('a program that cannot be started is no end of its agent', async () => {
  const broom = await newBroom()
  const child = broom.watch(spawn('/nowhere/program', [], { stdio: 'ignore' }))
  // Without a listener the whole process would end by it.
  expect(child.listenerCount('error')).toBe(1)
  await broom.sweep()
})
