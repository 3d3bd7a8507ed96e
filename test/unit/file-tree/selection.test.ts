import { describe, expect, test } from 'vitest'
import { rawOfText } from '#file-tree/raw-text.ts'
import { selectionOf } from '#file-tree/selection.ts'

const TREE = ['', 'a', 'a/b', 'a/b/c.conf', 'a/x.conf', 'ab', 'ab/é.conf', 'b.txt'].map(rawOfText)

const isFolder = (path: string) => ['', 'a', 'a/b', 'ab'].includes(path)

const chosen = (request: Parameters<typeof selectionOf>[0]) => {
  const selection = selectionOf(request)
  return TREE.filter(path => selection.wants({ path, type: isFolder(path) ? 'dir' : 'file' })).map(
    path => Buffer.from(path, 'latin1').toString(),
  )
}

describe('which entries are wanted', () => {
  test.each([
    [['a'], ['a', 'a/b', 'a/b/c.conf', 'a/x.conf']],
    [
      ['/a/b/', './b.txt'],
      ['a/b', 'a/b/c.conf', 'b.txt'],
    ],
    [['ab/é.conf'], ['ab/é.conf']],
    [['none'], []],
  ])('paths %j', (paths, wanted) => {
    expect(chosen({ paths })).toEqual(wanted)
  })

  test.each([
    [['*.conf'], ['a/b/c.conf', 'a/x.conf', 'ab/é.conf']],
    [['/*.txt'], ['b.txt']],
    [['a/*.conf'], ['a/x.conf']],
    [['a/**/*.conf'], ['a/b/c.conf', 'a/x.conf']],
    [['?.conf'], ['a/b/c.conf', 'a/x.conf']],
    [['b/'], ['a/b', 'a/b/c.conf']],
    [['b'], ['a/b', 'a/b/c.conf']],
    [['[a].conf', '.*'], []],
    [
      ['*.conf', '!x.conf'],
      ['a/b/c.conf', 'ab/é.conf'],
    ],
  ])('patterns %j', (patterns, wanted) => {
    expect(chosen({ patterns })).toEqual(wanted)
  })

  test('nothing named: everything', () => {
    expect(chosen({})).toHaveLength(TREE.length)
  })
})
