import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { bundleAll } from '#infra/bundles.ts'
import { HANDLER_METADATA } from '#infra/constructs/handler-function.ts'
import { synthesise } from '#test/support/synthesis.ts'

const folder = mkdtempSync(join(tmpdir(), 'xenkeep-bundles-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
bundleAll(folder)
// Lambda's runtime brings the SDK; here the tree's.
symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))

const files = synthesise()
  .ofType('AWS::Lambda::Function')
  .map(({ Metadata }) => String(Metadata?.[HANDLER_METADATA] ?? ''))
  .filter(Boolean) // the CDK's own has none
const bundleOfFile = (file: string) => join(folder, file.replace(/\.ts$/, ''), 'index.mjs')

test('every function has its bundle', () => {
  for (const file of files) expect(existsSync(bundleOfFile(file)), file).toBe(true)
})

test('bundles load as Lambda loads them, and loading one does nothing but offer its handler', async () => {
  // Between them these carry every dependency: mail, SNMP, cron, tokens, sessions, store, planning.
  const some = files.filter(file => /events\/|credentials|start-run|plan-run/.test(file))
  expect(some.length).toBeGreaterThan(6)
  const script = `for (const file of process.argv.slice(1)) {
    const { handler } = await import(file)
    if (typeof handler !== 'function') throw new Error('no handler in ' + file)
  }`
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    script,
    '--',
    ...some.map(bundleOfFile),
  ])
  expect(stdout + stderr).toBe('')
})
