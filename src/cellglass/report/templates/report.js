(function () {
  "use strict";
  function each(selector, act) { document.querySelectorAll(selector).forEach(act); }

  // Copy buttons only where a script can serve them.
  each(".copyable", function (box) {
    var button = box.querySelector(".copy");
    var source = box.querySelector(".source") || box.querySelector("code");
    button.hidden = false;
    button.addEventListener("click", function () {
      var text = source.value || source.textContent;
      var label = button.textContent;
      function done(said) {
        button.textContent = said;
        setTimeout(function () { button.textContent = label; }, 1600);
      }
      function byHand() {
        var area = document.createElement("textarea");
        area.value = text;
        document.body.appendChild(area);
        area.select();
        var copied = document.execCommand("copy");
        area.remove();
        done(copied ? "Copied" : "Select and copy by hand");
      }
      if (navigator.clipboard) {
        navigator.clipboard.writeText(text).then(function () { done("Copied"); }, byHand);
      } else {
        byHand();
      }
    });
  });

  // A link into a fold opens it.
  function open() {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (var node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") { node.open = true; }
    }
  }
  window.addEventListener("hashchange", open);
  open();

  // Paper has no folds.
  var closed = [];
  window.addEventListener("beforeprint", function () {
    each("details:not([open])", function (fold) { closed.push(fold); fold.open = true; });
  });
  window.addEventListener("afterprint", function () {
    closed.forEach(function (fold) { fold.open = false; });
    closed = [];
  });

  // Where the reader is, in the contents.
  if ("IntersectionObserver" in window) {
    var links = {};
    each(".contents a", function (link) { links[link.hash.slice(1)] = link; });
    var seen = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting || !links[entry.target.id]) { return; }
        each(".contents a[aria-current]", function (link) { link.removeAttribute("aria-current"); });
        links[entry.target.id].setAttribute("aria-current", "true");
      });
    }, { rootMargin: "-10% 0px -80% 0px" });
    each("main section[id]", function (section) { seen.observe(section); });
  }
})();
