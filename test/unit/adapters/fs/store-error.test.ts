import { expect, test } from 'vitest'
import { toLinkError, toStoreError } from '#adapters/fs/store-error.ts'

const failed = (code: string) => Object.assign(new Error(`${code}: failed`), { code })

test.each([
  ['ENOSPC', 'STORE_FULL', 'There is no space left in file:/b.'],
  ['EDQUOT', 'STORE_FULL', 'There is no space left in file:/b.'],
  [
    'EACCES',
    'STORE_DENIED',
    'The object store refused to write "a" in file:/b: permission denied.',
  ],
  ['EROFS', 'STORE_DENIED', 'The object store refused to write "a" in file:/b: permission denied.'],
  ['EIO', 'STORE_UNAVAILABLE', 'The object store did not write "a" in file:/b.'],
  ['ESTALE', 'STORE_UNAVAILABLE', 'The object store did not write "a" in file:/b.'],
  ['EMFILE', 'STORE_UNAVAILABLE', 'The object store did not write "a" in file:/b.'],
])('%s is %s', (errno, code, message) => {
  const cause = failed(errno)
  expect(toStoreError(cause, 'write "a"', 'file:/b')).toMatchObject({ code, message, cause })
  expect(toLinkError(cause, 'write "a"', 'file:/b')).toMatchObject({ code, message, cause })
})

test.each(['EPERM', 'ENOTSUP', 'EXDEV'])('%s of link(2) means no hard links', errno => {
  expect(toLinkError(failed(errno), 'name "a"', 'file:/b')).toMatchObject({
    code: 'STORE_UNSUITABLE',
    message: 'file:/b cannot hold a repository: its file system makes no hard links there.',
    retryable: false,
  })
})
