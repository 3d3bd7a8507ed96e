import { expect, test } from 'vitest'
import { excludedDisk, ownMethod, perVmOf, whenOneFails } from '#cli/commands/methods.ts'

test('methods and disks of single VMs come together, one entry each', () => {
  const methodOf = ownMethod('a=b=offline:hard-shutdown', ownMethod('web=memory'))
  const exclude = excludedDisk('web:12', excludedDisk('web:0'))
  expect(perVmOf({ methodOf, exclude })).toStrictEqual([
    { vm: 'web', method: 'memory', excludedDisks: ['0', '12'] },
    { vm: 'a=b', method: 'offline', fallback: 'hard-shutdown' },
  ])
  expect(perVmOf({})).toBeUndefined()
})

test.each([
  [() => ownMethod('web'), '"web" is no method of a VM.'],
  [() => ownMethod('web=hot'), '"hot" is no method.'],
  [() => ownMethod('web=memory:never'), '"never" is no fallback.'],
  [() => ownMethod('web=memory:crash:x'), '"web=memory:crash:x" is no method of a VM.'],
  [() => excludedDisk('web'), '"web" is no disk of a VM.'],
  [() => excludedDisk('web:xvda'), '"web:xvda" is no disk of a VM.'],
  [() => whenOneFails('all'), '"all" is no answer to a VM that fails.'],
])('bad input gets a sentence (%#)', (parse, message) => {
  expect(parse).toThrow(expect.objectContaining({ code: 'USAGE', message }))
})
