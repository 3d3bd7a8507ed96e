import { expect, test } from 'vitest'
import { LevelChooser } from '#repository/write/level-chooser.ts'

const see = (chooser: LevelChooser, chunks: number, share: number) => {
  let due = 0
  for (let i = 0; i < chunks; i++) {
    due += share
    chooser.saw(due >= 1)
    if (due >= 1) due--
  }
  return chooser.level
}

test('level 1 while the store keeps up, 3 while most chunks wait for it', () => {
  const chooser = new LevelChooser('auto')
  expect(chooser.level).toBe(1)
  expect(see(chooser, 1000, 0)).toBe(1)
  expect(see(chooser, 200, 0.9)).toBe(3)
  expect(see(chooser, 400, 0)).toBe(1)
})

test('between the two it stays as it is', () => {
  const chooser = new LevelChooser('auto')
  expect(see(chooser, 1000, 0.3)).toBe(1)
  see(chooser, 200, 1)
  expect(see(chooser, 1000, 0.3)).toBe(3)
})

test('a choice stands for a while, whatever comes', () => {
  const chooser = new LevelChooser('auto')
  expect(see(chooser, 128, 1)).toBe(3)
  expect(see(chooser, 127, 0)).toBe(3)
  expect(see(chooser, 1, 0)).toBe(1)
})

test('a level that was asked for is kept', () => {
  const chooser = new LevelChooser(3)
  expect(see(chooser, 500, 0)).toBe(3)
  const other = new LevelChooser(1)
  expect(see(other, 500, 1)).toBe(1)
})
