import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const packageJson = JSON.parse(readFileSync('package.json', 'utf8')) as {
  [field: string]: Record<string, string>
}

test('every dependency is pinned to one exact version', () => {
  const ranges = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap(field =>
    Object.entries(packageJson[field] ?? {}).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    ),
  )
  expect(ranges).toEqual([])
})

test('the lock file names no registry host', () => {
  expect(readFileSync('package-lock.json', 'utf8')).not.toMatch(/"resolved": "https?:/)
})
