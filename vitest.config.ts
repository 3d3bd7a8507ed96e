import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const project = (name: string, testTimeout: number, isolate = true) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: testTimeout,
    isolate,
    // The preset is one second, which a machine with much to do may need for anything. Below the shortest limit of a test.
    expect: { poll: { timeout: 20_000 } },
    // Tests start the product's programs some 200 times; what is compiled once costs 0.3 s of CPU less each time.
    env: {
      NODE_COMPILE_CACHE: join(tmpdir(), `xenkeep-tests-compiled-${process.getuid?.() ?? 0}`),
    },
  },
})

export default defineConfig({
  test: {
    // Many tests wait for processes; vitest would leave one of two cores idle (347 s instead of about 200 s).
    maxWorkers: '100%',
    // Tests are named by kind, and the kind is the folder (docs/architecture.md).
    projects: [
      // Importing a module of ours does nothing, so these share theirs: 51 s of CPU instead of 113.
      project('unit', 30_000, false),
      project('contract', 30_000, false),
      // Its files share one synthesis.
      project('infra', 60_000, false),
      project('robustness', 60_000),
      project('peers', 60_000),
      project('e2e', 120_000),
      project('browser', 120_000),
    ],
  },
})
