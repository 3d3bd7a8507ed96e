/**
 * List prices of AWS, without taxes and discounts, as of `PRICES_AS_OF`: the one place that holds prices. Each names the page it was read
 * from; `confirmed` is false where the page that we could read does not show that region's figure, and the figure is the one generally
 * known. Whoever brings this file up to date changes the date, the figures and nothing else.
 */
export const PRICES_AS_OF = '2026-11-23'

export const PRICED_REGIONS = ['us-east-1', 'eu-central-1'] as const
export type PricedRegion = (typeof PRICED_REGIONS)[number]

interface Figure {
  usd: number
  confirmed: boolean
}

interface Price {
  /** What is counted, in singular: `request`, `GB-month`. */
  unit: string
  /** The price is for so many units. */
  per: number
  in: Record<PricedRegion, Figure>
  source: string
  /** Units a month that cost nothing, for good and not in the first year only; per account. */
  free?: number
}

const read = (usd: number): Figure => ({ usd, confirmed: true })
const known = (usd: number): Figure => ({ usd, confirmed: false })

const MILLION = 1_000_000

export const prices = {
  lambdaRequests: {
    unit: 'request',
    per: MILLION,
    in: { 'us-east-1': read(0.2), 'eu-central-1': known(0.2) },
    source: 'https://aws.amazon.com/lambda/pricing/',
    free: MILLION,
  },
  /** ARM64; the time to start a function counts too. */
  lambdaGbSeconds: {
    unit: 'GB-second',
    per: 1,
    in: { 'us-east-1': read(0.0000133334), 'eu-central-1': known(0.0000133334) },
    source: 'https://aws.amazon.com/lambda/pricing/',
    free: 400_000,
  },
  /** The first 300 million; metered in steps of 512 KB. */
  httpApiRequests: {
    unit: 'request',
    per: MILLION,
    in: { 'us-east-1': read(1), 'eu-central-1': known(1.2) },
    source: 'https://aws.amazon.com/api-gateway/pricing/',
  },
  /** Standard workflows. */
  stateTransitions: {
    unit: 'transition',
    per: 1_000,
    in: { 'us-east-1': read(0.025), 'eu-central-1': read(0.025) },
    source: 'https://aws.amazon.com/step-functions/pricing/',
    free: 4_000,
  },
  /** 4 KB read consistently. */
  catalogReads: {
    unit: 'read request unit',
    per: MILLION,
    in: { 'us-east-1': read(0.125), 'eu-central-1': known(0.1525) },
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  /** 1 KB written; twice in a transaction. */
  catalogWrites: {
    unit: 'write request unit',
    per: MILLION,
    in: { 'us-east-1': read(0.625), 'eu-central-1': known(0.7625) },
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  /** 1 KB written by replication into the table of another region; since November 2024 as dear as a write. */
  replicatedCatalogWrites: {
    unit: 'replicated write request unit',
    per: MILLION,
    in: { 'us-east-1': known(0.625), 'eu-central-1': known(0.7625) },
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  catalogGbMonths: {
    unit: 'GB-month',
    per: 1,
    in: { 'us-east-1': known(0.25), 'eu-central-1': known(0.306) },
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    free: 25,
  },
  catalogRecoveryGbMonths: {
    unit: 'GB-month',
    per: 1,
    in: { 'us-east-1': known(0.2), 'eu-central-1': known(0.2448) },
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  /** S3 Standard, first 50 TB; `storageTiers` has the rest. */
  storageGbMonths: {
    unit: 'GB-month',
    per: 1,
    in: { 'us-east-1': read(0.023), 'eu-central-1': known(0.0245) },
    source: 'https://aws.amazon.com/s3/pricing/',
  },
  /** PUT, COPY, POST, LIST; extending a lock (PutObjectRetention) and replicating an object are PUTs. */
  storagePuts: {
    unit: 'request',
    per: 1_000,
    in: { 'us-east-1': read(0.005), 'eu-central-1': known(0.0054) },
    source: 'https://aws.amazon.com/s3/pricing/',
  },
  storageGets: {
    unit: 'request',
    per: 1_000,
    in: { 'us-east-1': read(0.0004), 'eu-central-1': known(0.00043) },
    source: 'https://aws.amazon.com/s3/pricing/',
  },
  interRegionGb: {
    unit: 'GB',
    per: 1,
    in: { 'us-east-1': known(0.02), 'eu-central-1': known(0.02) },
    source: 'https://aws.amazon.com/s3/pricing/',
  },
  /** S3 Replication Time Control. */
  replicationTimeControlGb: {
    unit: 'GB',
    per: 1,
    in: { 'us-east-1': known(0.015), 'eu-central-1': known(0.015) },
    source: 'https://aws.amazon.com/s3/pricing/',
  },
  /** A restore, and what a gateway outside of AWS reads again. Above 100 GB a month. */
  internetGb: {
    unit: 'GB',
    per: 1,
    in: { 'us-east-1': read(0.09), 'eu-central-1': known(0.09) },
    source: 'https://aws.amazon.com/s3/pricing/',
    free: 100,
  },
  /** CloudTrail's data events: who touched which object. */
  trailEvents: {
    unit: 'event',
    per: 100_000,
    in: { 'us-east-1': known(0.1), 'eu-central-1': known(0.1) },
    source: 'https://aws.amazon.com/cloudtrail/pricing/',
  },
  /** Each primary and each replica key of a multi-Region key. */
  keys: {
    unit: 'key',
    per: 1,
    in: { 'us-east-1': read(1), 'eu-central-1': read(1) },
    source: 'https://aws.amazon.com/kms/pricing/',
  },
  keyRequests: {
    unit: 'request',
    per: 10_000,
    in: { 'us-east-1': read(0.03), 'eu-central-1': read(0.03) },
    source: 'https://aws.amazon.com/kms/pricing/',
    free: 20_000,
  },
  /** EventBridge rules on a schedule cost nothing by themselves; EventBridge Scheduler is billed by the call. */
  schedulerCalls: {
    unit: 'invocation',
    per: MILLION,
    in: { 'us-east-1': read(1), 'eu-central-1': known(1) },
    source: 'https://aws.amazon.com/eventbridge/pricing/',
    free: 14 * MILLION,
  },
  logGb: {
    unit: 'GB',
    per: 1,
    in: { 'us-east-1': read(0.5), 'eu-central-1': known(0.63) },
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
    free: 5,
  },
  /** Kept compressed, to about a fifth. */
  logGbMonths: {
    unit: 'GB-month',
    per: 1,
    in: { 'us-east-1': known(0.03), 'eu-central-1': known(0.0324) },
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
  },
  /** Of standard resolution, one metric each. */
  alarms: {
    unit: 'alarm',
    per: 1,
    in: { 'us-east-1': read(0.1), 'eu-central-1': known(0.1) },
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
    free: 10,
  },
  /** Of one's own, and those of S3 replication, which are billed alike ("Using S3 Replication metrics", its user guide). */
  metrics: {
    unit: 'metric',
    per: 1,
    in: { 'us-east-1': known(0.3), 'eu-central-1': known(0.3) },
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
    free: 10,
  },
  dashboards: {
    unit: 'dashboard',
    per: 1,
    in: { 'us-east-1': read(3), 'eu-central-1': known(3) },
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
    free: 3,
  },
  /** X-Ray. */
  traces: {
    unit: 'trace',
    per: MILLION,
    in: { 'us-east-1': known(5), 'eu-central-1': known(5) },
    source: 'https://aws.amazon.com/xray/pricing/',
    free: 100_000,
  },
  mails: {
    unit: 'mail',
    per: 1_000,
    in: { 'us-east-1': read(0.1), 'eu-central-1': known(0.1) },
    source: 'https://aws.amazon.com/ses/pricing/',
  },
  /** Mails of SNS; text messages depend on the country and are not reckoned. */
  topicMails: {
    unit: 'mail',
    per: 100_000,
    in: { 'us-east-1': known(2), 'eu-central-1': known(2) },
    source: 'https://aws.amazon.com/sns/pricing/',
    free: 1_000,
  },
  consoleGb: {
    unit: 'GB',
    per: 1,
    in: { 'us-east-1': known(0.085), 'eu-central-1': known(0.085) },
    source: 'https://aws.amazon.com/cloudfront/pricing/',
    free: 1_000,
  },
  /** Cognito Essentials, by the people who sign in during a month. */
  people: {
    unit: 'person',
    per: 1,
    in: { 'us-east-1': known(0.015), 'eu-central-1': known(0.015) },
    source: 'https://aws.amazon.com/cognito/pricing/',
    free: 10_000,
  },
} as const satisfies Record<string, Price>

export type PricedItem = keyof typeof prices

/** S3 Standard grows cheaper: up to so many GB-months, then the next. */
export const storageTiers: Record<PricedRegion, { upToGb: number; usd: number }[]> = {
  'us-east-1': [
    { upToGb: 50_000, usd: 0.023 },
    { upToGb: 500_000, usd: 0.022 },
    { upToGb: Number.POSITIVE_INFINITY, usd: 0.021 },
  ],
  'eu-central-1': [
    { upToGb: 50_000, usd: 0.0245 },
    { upToGb: 500_000, usd: 0.0235 },
    { upToGb: Number.POSITIVE_INFINITY, usd: 0.0225 },
  ],
}

export const priceOf = (item: PricedItem): Price => prices[item]
