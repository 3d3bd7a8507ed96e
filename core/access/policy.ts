/** One statement of an IAM policy, in the form that this project writes them (IAM user guide, "JSON policy elements"). */
export interface Statement {
  Sid?: string
  Effect: 'Allow' | 'Deny'
  Action: string | readonly string[]
  Resource?: string | readonly string[]
  NotResource?: string | readonly string[]
  Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

export interface PolicyDocument {
  Version: '2012-10-17'
  Statement: readonly Statement[]
}

export const policyOf = (...statements: readonly Statement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
})
