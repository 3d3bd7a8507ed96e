import { existsSync, readFileSync } from 'node:fs'
import { buildApp, CONTEXT_KEY } from './build-app.ts'

const FILE = 'xenkeep.context.json'

/** The file that the command line names, else the one of the deployment; a JSON object as docs/deploy.md tells. */
const contextFile = (): unknown => {
  const file = process.argv[2] ?? FILE
  if (!existsSync(file))
    throw new Error(
      `There is no ${file}. Copy infra/sample.context.json to ${FILE} and make it yours; every setting is told in docs/deploy.md.`,
    )
  const text = readFileSync(file, 'utf8')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}.`, { cause: error })
  }
}

try {
  // The CDK's command line names the folder; without it (npm run synth) it is the one of cdk.json.
  buildApp({
    outdir: process.env.CDK_OUTDIR ?? 'cdk.out',
    context: { [CONTEXT_KEY]: contextFile() },
  }).synth()
} catch (error) {
  // A sentence for who deploys; the stack for who develops.
  console.error(process.env.DEBUG ? error : (error as Error).message)
  process.exitCode = 1
}
