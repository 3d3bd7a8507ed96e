import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import { HttpApi, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { type RouteName, rooms } from '#core/contracts/routes.ts'
import { watchApi } from '../constructs/api-alarms.ts'
import { peopleAuthorizer } from '../constructs/people-authorizer.ts'
import { Room } from '../constructs/room.ts'
import type { Deployment } from '../deployment.ts'
import { tell } from '../known-values.ts'

export interface ApiStackProps extends StackProps {
  deployment: Deployment
}

/** The HTTP API of one region, with a nested stack for each room of core/contracts/routes.ts. */
export class ApiStack extends Stack {
  constructor(scope: Construct, id: string, { deployment, ...props }: ApiStackProps) {
    super(scope, id, props)
    const { requestsPerSecond } = deployment.context.api
    const api = new HttpApi(this, 'Http', { createDefaultStage: false })
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default', // no stage in the path: gateway tokens name the path that they are for
      autoDeploy: true,
      throttle: { rateLimit: requestsPerSecond, burstLimit: 2 * requestsPerSecond },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLog', {
            retention: deployment.context.logs.accessDays as RetentionDays,
          }),
        ),
      },
    })
    const people = peopleAuthorizer(this, deployment)
    for (const [room, routes] of Object.entries(rooms))
      new Room(this, {
        deployment,
        api,
        people,
        room,
        routes: Object.keys(routes) as RouteName[],
      })
    tell(this, deployment, 'api-id', api.apiId)
    watchApi(this, deployment, api.apiId)
    new CfnOutput(this, 'ApiUrl', { value: stage.url })
  }
}
