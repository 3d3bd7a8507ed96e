import { expect, test } from 'vitest'
import { ExitCode, exitCodeOf } from '#cli/exit-codes.ts'

test.each([
  ['USAGE', ExitCode.usage],
  ['VM_NOT_FOUND', ExitCode.usage],
  ['NOTIFICATION_NOT_FOUND', ExitCode.usage],
  ['CHANNEL_IN_USE', ExitCode.usage],
  ['NOT_RUNNING', ExitCode.unreachable],
  ['CONTROL_PLANE_UNREACHABLE', ExitCode.unreachable],
  ['STORE_UNAVAILABLE', ExitCode.unreachable],
  ['STORE_DENIED', ExitCode.refused],
  ['WRONG_PASSPHRASE', ExitCode.refused],
  ['OBJECT_DAMAGED', ExitCode.damaged],
  ['STORE_FULL', ExitCode.failed],
  ['XAPI_WRONG_PASSWORD', ExitCode.refused],
  ['LOCK_UNSUPPORTED', ExitCode.usage],
  ['LOCK_MODE_FIXED', ExitCode.usage],
  ['LOCK_NOT_KEPT', ExitCode.failed],
  ['OBJECT_LOCKED', ExitCode.refused],
  ['STORE_READ_ONLY', ExitCode.usage],
  ['UNEXPECTED', ExitCode.failed],
])('%s ends with %i', (code, exit) => {
  expect(exitCodeOf({ code })).toBe(exit)
})
