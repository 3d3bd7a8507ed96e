import { execFile } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { App } from 'aws-cdk-lib'
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api'
import { expect, test } from 'vitest'
import { bundleOf } from '#infra/bundles.ts'
import { HANDLER_METADATA } from '#infra/constructs/handler-function.ts'
import { readContext } from '#infra/context/read-context.ts'
import sample from '#infra/sample.context.json' with { type: 'json' }
import { ApiStack } from '#infra/stacks/api.ts'
import { FAST, synthesise } from '#test/support/synthesis.ts'

const folder = bundleOf('') // removed when the process ends
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

test('who deploys the API alone (cdk deploy --exclusively) deploys bundles, in its nested stacks too', () => {
  const app = new App({
    context: { ...CURRENTLY_RECOMMENDED_FLAGS, ...FAST, 'aws:cdk:bundling-stacks': ['api'] },
  })
  const context = readContext(sample)
  new ApiStack(app, 'api', { deployment: { context, site: 'primary', region: context.region } })
  const { directory } = app.synth()
  const { files: assets } = JSON.parse(
    readFileSync(join(directory, 'api.assets.json'), 'utf8'),
  ) as { files: Record<string, { source: { path: string; packaging: string } }> }
  const codes = Object.values(assets)
    .map(({ source }) => source)
    .filter(({ packaging }) => packaging === 'zip')
  expect(codes.length).toBeGreaterThan(10)
  for (const { path } of codes) expect(path).toContain('xenkeep-bundles-')
})
