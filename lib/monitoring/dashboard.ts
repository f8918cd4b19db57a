/** The dashboard of an environment: all regions side by side, on one page. */

import { CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';

const COLUMNS = 24;
const ROW_HEIGHT = 6;

/** A row of the page: one picture a region. Searches find what each region has, so that no region's names stand in another's template. */
interface Row {
  readonly title: string;
  readonly expressions: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    title: 'requests',
    expressions: [search('AWS/ApplicationELB,LoadBalancer', 'RequestCount', 'Sum')],
  },
  {
    title: 'errors of ours',
    expressions: [
      search('AWS/ApplicationELB,LoadBalancer', 'HTTPCode_Target_5XX_Count', 'Sum'),
      search('AWS/ApplicationELB,LoadBalancer', 'HTTPCode_ELB_5XX_Count', 'Sum'),
    ],
  },
  {
    title: 'slowest of a hundred answers, seconds',
    expressions: [search('AWS/ApplicationELB,LoadBalancer', 'TargetResponseTime', 'p99')],
  },
  {
    title: 'machines in service',
    expressions: [search('AWS/AutoScaling,AutoScalingGroupName', 'GroupInServiceInstances', 'Minimum')],
  },
  {
    title: 'processors, percent',
    expressions: [search('AWS/EC2,AutoScalingGroupName', 'CPUUtilization', 'Average')],
  },
  {
    title: 'behind TCP balancers: ring nodes and log routers that answer',
    expressions: [search('AWS/NetworkELB,LoadBalancer,TargetGroup', 'HealthyHostCount', 'Minimum')],
  },
  {
    title: 'volumes: operations waiting',
    expressions: [search('AWS/EBS,VolumeId', 'VolumeQueueLength', 'Average')],
  },
];

export interface DashboardProps {
  readonly environmentName: string;
  readonly regionNames: readonly string[];
}

/** Resources: one dashboard, in the primary region, that reads the metrics of every region. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { environmentName, regionNames }: DashboardProps) {
    super(scope, id);
    const width = Math.floor(COLUMNS / regionNames.length);
    const widgets = ROWS.flatMap(({ title, expressions }, row) =>
      regionNames.map((region, column) => ({
        type: 'metric',
        x: column * width,
        y: row * ROW_HEIGHT,
        width,
        height: ROW_HEIGHT,
        properties: {
          title: `${region}: ${title}`,
          region,
          view: 'timeSeries',
          period: 60,
          metrics: expressions.map((expression, index) => [{ expression, id: `e${index}` }]),
        },
      })),
    );
    new CfnDashboard(this, 'Dashboard', {
      dashboardName: `picl-idp-${environmentName}`,
      dashboardBody: JSON.stringify({ widgets }),
    });
  }
}

function search(schema: string, metric: string, statistic: string): string {
  return `SEARCH('{${schema}} MetricName="${metric}"', '${statistic}', 60)`;
}
