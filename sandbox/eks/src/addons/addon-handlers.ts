import type { Handlers } from '../deps.ts';
import { invalidParameter, invalidRequest, notFound } from '../shared/errors.ts';
import { page } from '../shared/paging.ts';
import { defined, flag, requiredText, text, texts } from '../shared/read.ts';
import { addonOf } from '../state.ts';
import { updateInTheWay } from '../updates/update-record.ts';
import { endAddon, setAddon } from './addon-lifecycle.ts';
import { requireAddon } from './addon-request.ts';
import { addonView, versionsView } from './addon-view.ts';
import { catalogue, catalogueAddon, releasesFor } from './catalogue/catalogue.ts';
import { schemaText } from './configuration.ts';
import { createAddon } from './create-addon.ts';
import { updateAddon } from './update-addon.ts';

export const addonHandlers: Handlers = {
  CreateAddon: createAddon,
  UpdateAddon: updateAddon,

  async DescribeAddon(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
    return { addon: addonView(cluster, addonOf(cluster, requiredText(request.input, 'addonName'))) };
  },

  async ListAddons(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
    const shown = page([...cluster.addons.keys()], request, (name) => name);
    return { addons: shown.items, ...defined({ nextToken: shown.nextToken }) };
  },

  async DeleteAddon(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
    const addon = addonOf(cluster, requiredText(request.input, 'addonName'));
    const subject = { clusterName: cluster.name, addonName: addon.name };
    // This operation has no ResourceInUseException in the service model.
    if (addon.status === 'DELETING') throw invalidRequest(`Addon ${addon.name} is being deleted`, subject);
    const inTheWay = updateInTheWay(cluster, { addonName: addon.name }, 'DeleteAddon');
    if (inTheWay !== undefined) throw invalidRequest(inTheWay, subject);
    setAddon(eks, addon, 'DELETING', []);
    const answer = addonView(cluster, addon);
    const preserve = flag(request.input, 'preserve') ?? false;
    eks.activities.start(`delete ${addon.arn}`, (signal) => endAddon(eks, cluster, addon, preserve, signal));
    return { addon: answer };
  },

  async DescribeAddonVersions(_eks, request) {
    const { input } = request;
    const minor = text(input, 'kubernetesVersion');
    const name = text(input, 'addonName');
    if (name !== undefined && catalogueAddon(name) === undefined)
      throw notFound(`Addon ${name} not found`, { addonName: name });
    const fits = (key: string, value: string) => texts(input, key)?.includes(value) ?? true;
    const rows = catalogue
      .filter((addon) => name === undefined || addon.name === name)
      .filter(
        (addon) => fits('types', addon.type) && fits('owners', addon.owner) && fits('publishers', addon.publisher),
      )
      .filter((addon) => minor === undefined || releasesFor(addon, minor).length > 0);
    const shown = page(rows, request, (addon) => addon.name);
    return {
      addons: shown.items.map((addon) => versionsView(addon, minor)),
      ...defined({ nextToken: shown.nextToken }),
    };
  },

  async DescribeAddonConfiguration(_eks, { input }) {
    const name = requiredText(input, 'addonName');
    const version = requiredText(input, 'addonVersion');
    const addon = requireAddon(name, { addonName: name });
    if (!addon.releases.some((release) => release.version === version)) {
      throw invalidParameter(`Addon version specified is not supported`, { addonName: name });
    }
    return {
      addonName: name,
      addonVersion: version,
      configurationSchema: schemaText(addon),
      podIdentityConfiguration: addon.podIdentity,
    };
  },
};
