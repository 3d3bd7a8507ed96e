import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { routes } from '#core/contracts/routes.ts'
import { whoMay } from '../../scripts/who-may.ts'

test('docs/who-may.md tells of every call who may make it', () => {
  const page = whoMay()
  expect(readFileSync('docs/who-may.md', 'utf8')).toBe(page)
  for (const { method, path } of Object.values(routes))
    expect(page.split(`\`${method} ${path}\``)).toHaveLength(2)
})
