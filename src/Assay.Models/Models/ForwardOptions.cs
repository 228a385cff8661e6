namespace Assay.Models;

/// <summary>What a forward pass captures and changes on its way.</summary>
public sealed class ForwardOptions
{
    /// <summary>Filled with the activations of its sites, as they are after the hooks.</summary>
    public ActivationCache? Capture { get; init; }

    /// <summary>Hooks by site, run in the order given.</summary>
    public IReadOnlyList<(Site Site, SiteHook Hook)> Hooks { get; init; } = [];

    /// <summary>Hooks inside sub-layers, by place, run in the order given.</summary>
    public IReadOnlyList<(ComponentSite Site, ComponentHook Hook)> ComponentHooks { get; init; } = [];
}
