import { expect, test } from 'vitest'
import { classify } from '#cli/supervisor/child-output.ts'

test.each([
  ['2026-11-22T14:07:06.123Z info Pool x is connected.', 'quiet', 'Pool x is connected.'],
  ['2026-11-22T14:07:06.123Z warn The pool is gone [X]', 'news', 'The pool is gone [X]'],
  ['2026-11-22T14:07:06.123Z control plane: The stop failed', 'news', 'The stop failed'],
  [
    'The port 1 is used. Stop it. (PORT_TAKEN)',
    'news',
    'The port 1 is used. Stop it. (PORT_TAKEN)',
  ],
  ["Error: Cannot find module 'x'", 'crash', "Error: Cannot find module 'x'"],
  ['TypeError: x is not a function', 'crash', 'TypeError: x is not a function'],
  ['    at Module._load (node:internal/modules/cjs/loader:1249:5)', 'quiet', undefined],
  ['Node.js v24.21.0', 'quiet', undefined],
])('%j is %s', (line, kind, text) => {
  expect(classify(line)).toEqual({ kind, text: text ?? line })
})
