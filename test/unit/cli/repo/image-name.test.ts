import { describe, expect, test } from 'vitest'
import { imageUuid } from '#cli/repo/image-name.ts'

describe('the UUID of an image', () => {
  test('is the same for the same name, for ever', () => {
    // Points of years ago are found by these.
    expect(imageUuid('a')).toBe('83d55931-53f5-5ece-8deb-02359579499f')
    expect(imageUuid('disk')).not.toBe(imageUuid('Disk'))
  })

  test('is of version 5 and variant 1', () => {
    expect(imageUuid('anything')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-/,
    )
  })

  test('does not depend on how an accent was typed', () => {
    expect(imageUuid('Z\u00fcrich')).toBe(imageUuid('Zu\u0308rich'))
  })

  test.each([[''], ['  '], ['x'.repeat(256)]])('is refused for %j', name => {
    expect(() => imageUuid(name)).toThrow('1 to 255 characters')
  })
})
