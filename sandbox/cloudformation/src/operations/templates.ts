import { AwsError } from '@roadstead/sandbox-gateway';
import { type Engine, requireStack } from '../engine/engine.ts';
import { readValidTemplate } from '../engine/prepare.ts';
import { validationError } from '../template/errors.ts';
import type { Template } from '../template/template.ts';
import { requiredCapabilities } from '../template/validate.ts';
import { findChangeSet } from './change-sets.ts';
import { requiredBody } from './create-stack.ts';
import { type Input, optionalText, requiredText } from './input.ts';
import type { Operation } from './operation.ts';

/** GetTemplate: the text as it was given, of a stack or one of its change sets. */
export const getTemplate: Operation = async (engine, { input, account, region }) => {
  const place = { account, region };
  const changeSetName = optionalText(input, 'ChangeSetName');
  const model =
    changeSetName === undefined
      ? requireStack(engine, place, requiredText(input, 'StackName')).model
      : findChangeSet(engine, place, changeSetName, optionalText(input, 'StackName')).changeSet.model;
  if (model === undefined) throw new AwsError('ValidationError', 'The stack has no template', 400);
  return { TemplateBody: model.templateBody, StagesAvailable: ['Original', 'Processed'] };
};

/** ValidateTemplate: structure, names, types and functions; not values. */
export const validateTemplateOperation: Operation = async (engine, { input }) => {
  const template = readValidTemplate(engine, requiredBody(input));
  return {
    ...(template.description === undefined ? {} : { Description: template.description }),
    Parameters: Object.entries(template.parameters).map(([key, declaration]) => ({
      ParameterKey: key,
      NoEcho: declaration.noEcho,
      ...(declaration.default === undefined ? {} : { DefaultValue: declaration.default }),
      ...(declaration.description === undefined ? {} : { Description: declaration.description }),
    })),
    ...capabilityMembers(template),
    DeclaredTransforms: [],
  };
};

/** GetTemplateSummary: of a text or of a stack. */
export const getTemplateSummary: Operation = async (engine, { input, account, region }) => {
  const template = templateOf(engine, { account, region }, input);
  const byType = Map.groupBy(Object.entries(template.resources), ([, resource]) => resource.type);
  return {
    ...(template.description === undefined ? {} : { Description: template.description }),
    ...(template.version === undefined ? {} : { Version: template.version }),
    ...(template.metadata === undefined ? {} : { Metadata: JSON.stringify(template.metadata) }),
    Parameters: Object.entries(template.parameters).map(([key, declaration]) => ({
      ParameterKey: key,
      ParameterType: declaration.type,
      NoEcho: declaration.noEcho,
      ...(declaration.default === undefined ? {} : { DefaultValue: declaration.default }),
      ...(declaration.description === undefined ? {} : { Description: declaration.description }),
      ParameterConstraints: declaration.allowedValues === undefined ? {} : { AllowedValues: declaration.allowedValues },
    })),
    ResourceTypes: [...byType.keys()].sort(),
    ...capabilityMembers(template),
    DeclaredTransforms: [],
  };
};

function templateOf(engine: Engine, place: { account: string; region: string }, input: Input): Template {
  const name = optionalText(input, 'StackName');
  if (name === undefined) return readValidTemplate(engine, requiredBody(input));
  if (optionalText(input, 'TemplateBody') !== undefined) {
    throw validationError('Only one of StackName and TemplateBody may be specified.');
  }
  const { model } = requireStack(engine, place, name);
  if (model === undefined) throw validationError(`Stack [${name}] has no template`);
  return model.template;
}

function capabilityMembers(template: Template): Record<string, unknown> {
  const { capabilities, types } = requiredCapabilities(template);
  if (capabilities.length === 0) return { Capabilities: [] };
  return {
    Capabilities: capabilities,
    CapabilitiesReason: `The following resource(s) require capabilities: [${types.join(', ')}]`,
  };
}
