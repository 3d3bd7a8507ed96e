import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { processesNaming } from '#test/support/browser/kept-demo.ts'

/*
 * Motivation: the demo of a XenDesktop site starts a database, a pool, XenKeep and agents on the machine of somebody who only tries it out.
 * Steps: it is started, and interrupted as by Ctrl-C when all of them run.
 * Passes when it says that it removes what it made, and no process and no file of it is left. That its story is proven to the end is tried by .ci/run.
 */
test('Ctrl-C ends agents, database and pool of the demo of a site, and leaves nothing', async () => {
  const child = spawn(process.execPath, ['cli/main.ts', 'demo', '--site'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  onTestFinished(() => void child.kill('SIGTERM'))
  const exit = once(child, 'exit') as Promise<[number | null]>
  let complaint = ''
  child.stderr.on('data', text => {
    complaint += String(text)
  })
  const lines: string[] = []
  const enrolled = new Promise<void>(resolve => {
    createInterface({ input: child.stdout }).on('line', line => {
      lines.push(line)
      if (line.startsWith('[4/')) resolve()
    })
  })
  const ended = await Promise.race([enrolled, exit])
  if (ended) throw new Error(`the demo ended (${ended[0]}):\n${lines.join('\n')}\n${complaint}`)
  const folder = /^Everything happens in (\S+) and/m.exec(lines.join('\n'))?.[1] ?? ''
  const running = (await processesNaming(folder)).join('\n')
  expect(running).toMatch(/gateway-agent\/main\.ts --data \S+\/guests\/LIC01/)
  if (!lines.some(line => line.includes('NO site database'))) expect(running).toMatch(/postgres -D/)

  child.kill('SIGINT')
  expect((await exit)[0]).toBe(130)
  expect(complaint).toContain('Ending the demo and removing what it made')
  expect(existsSync(folder)).toBe(false)
  expect(await processesNaming(folder)).toEqual([])
})
