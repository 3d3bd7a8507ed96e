import { buildApp } from './build-app.ts'

// The CDK's command line names the folder; without it (npm run synth) it is the one of cdk.json.
buildApp({ outdir: process.env.CDK_OUTDIR ?? 'cdk.out' }).synth()
