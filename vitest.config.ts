import { defineConfig } from 'vitest/config'

const project = (name: string, testTimeout: number) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout, hookTimeout: testTimeout },
})

export default defineConfig({
  test: {
    // Many tests wait for processes; vitest would leave one of two cores idle (347 s instead of about 200 s).
    maxWorkers: '100%',
    // Tests are named by kind, and the kind is the folder (docs/architecture.md).
    projects: [
      project('unit', 10_000),
      project('contract', 20_000),
      project('infra', 60_000),
      project('robustness', 60_000),
      project('peers', 60_000),
      project('e2e', 120_000),
    ],
  },
})
