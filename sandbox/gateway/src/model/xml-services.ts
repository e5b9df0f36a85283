const xmlServices: ReadonlySet<string> = new Set([
  'ec2',
  'iam',
  'sts',
  'cloudformation',
  'autoscaling',
  'elasticloadbalancing',
  'route53',
  's3',
  'sns',
  'monitoring',
]);

/** Services (by signing name) whose answers are XML, or once were: they name refusals and throttling differently from the JSON ones. */
export function hasXmlNames(service: string): boolean {
  return xmlServices.has(service);
}
