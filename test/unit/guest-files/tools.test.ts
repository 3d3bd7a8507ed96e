import { expect, test } from 'vitest'
import { notesOf } from '#guest-files/notes.ts'
import { findTools } from '#guest-files/tools.ts'

test('what is missing is named, with what to install', () => {
  expect(() => findTools({ PATH: '/nowhere' }, { platform: 'linux', arch: 'x64' })).toThrow(
    expect.objectContaining({
      code: 'TOOL_MISSING',
      message: expect.stringMatching(/linux\.uml, nbdfuse/),
      advice: expect.stringMatching(/apt-get install user-mode-linux libnbd-bin/),
    }),
  )
})

test.each([
  ['win32', 'x64'],
  ['linux', 'arm64'],
] as const)('on %s %s there is another way', (platform, arch) => {
  expect(() => findTools({}, { platform, arch })).toThrow(
    expect.objectContaining({
      code: 'FILES_UNSUPPORTED',
      advice: expect.stringMatching(/xenkeep serve/),
    }),
  )
})

test('what the helper says becomes a sentence; a file that broke off is known by name', () => {
  expect(notesOf(['UNCLEAN vg0/root ext4'])).toEqual([
    {
      trouble: false,
      message: expect.stringMatching(/vg0\/root \(ext4\) was in use.*not replayed/),
    },
  ])
  expect(
    notesOf([
      'TROUBLE tar: ./a: b: Read error at byte 0, while reading 512 bytes: Input/output error',
    ]),
  ).toEqual([{ trouble: true, unread: 'a: b', message: expect.stringMatching(/left out/) }])
})
