import { expect, test } from 'vitest'
import { ExitCode, exitCodeOf } from '#cli/exit-codes.ts'

test.each([
  ['USAGE', ExitCode.usage],
  ['VM_NOT_FOUND', ExitCode.usage],
  ['NOT_RUNNING', ExitCode.unreachable],
  ['CONTROL_PLANE_UNREACHABLE', ExitCode.unreachable],
  ['STORE_UNAVAILABLE', ExitCode.unreachable],
  ['STORE_DENIED', ExitCode.refused],
  ['WRONG_PASSPHRASE', ExitCode.refused],
  ['OBJECT_DAMAGED', ExitCode.damaged],
  ['STORE_FULL', ExitCode.failed],
  ['XAPI_WRONG_PASSWORD', ExitCode.refused],
  ['UNEXPECTED', ExitCode.failed],
])('%s ends with %i', (code, exit) => {
  expect(exitCodeOf({ code })).toBe(exit)
})
