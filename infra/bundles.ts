import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'

let bundles: string | undefined

/**
 * The folder with the bundle of a handler file. All handlers are bundled together at the first question: one call of esbuild takes a second or two for a
 * hundred functions, one for each takes a minute.
 * @param file `functions/api/runs/start-run.ts`, from the root of the tree
 */
export const bundleOf = (file: string): string => {
  bundles ??= bundleOnce()
  return join(bundles, file.replace(/\.ts$/, ''))
}

const bundleOnce = (): string => {
  const outdir = mkdtempSync(join(tmpdir(), 'xenkeep-bundles-'))
  process.on('exit', () => rmSync(outdir, { recursive: true, force: true })) // by then they are staged in cdk.out
  bundleAll(outdir)
  return outdir
}

/** Every handler as `<its file without .ts>/index.mjs` in a folder. */
const bundleAll = (outdir: string): void => {
  buildSync({
    entryPoints: globSync('functions/**/*.ts').filter(file =>
      /^export const handler\b/m.test(readFileSync(file, 'utf8')),
    ),
    outdir,
    outbase: '.',
    entryNames: '[dir]/[name]/index',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    external: ['@aws-sdk/*'], // Lambda's Node 24 runtime brings SDK 3
    minify: true,
    keepNames: true, // log lines name classes
    logLevel: 'warning',
  })
}
