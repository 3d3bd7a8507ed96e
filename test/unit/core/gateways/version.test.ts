import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { VERSION } from '#core/contracts/version.ts'
import { versionStanding } from '#core/gateways/version.ts'

test.for([
  ['0.3.1', '0.3.1', 'fits'],
  ['0.3.0', '0.3.9', 'fits'],
  ['0.2.9', '0.3.0', 'fits'],
  ['0.2.9', '0.4.0', 'too-old'],
  ['0.9.9', '1.0.0', 'too-old'],
  ['1.9.9', '2.10.0', 'too-old'],
  ['0.3.2', '0.3.1', 'too-new'],
  ['0.4.0', '0.3.9', 'too-new'],
  ['2.0.0', '1.9.9', 'too-new'],
  ['0.10.0', '0.9.0', 'too-new'],
  ['0.9.0', '0.10.0', 'fits'],
  ['0.3.0-rc.1', '0.3.0', 'fits'],
  ['', '0.3.0', 'fits'],
  ['yesterday', '0.3.0', 'fits'],
  ['1.2.3.4', '9.0.0', 'fits'],
])('a gateway of %s beside a control plane of %s: %s', ([gateway, control, standing]) => {
  expect(versionStanding(gateway as string, control as string)).toBe(standing)
})

test('the version of the program is that of its package', () => {
  const manifest = JSON.parse(
    readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'),
  )
  expect(VERSION).toBe(manifest.version)
})
